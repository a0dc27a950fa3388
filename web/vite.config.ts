import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const PAGE = fileURLToPath(new URL("../src/chereme/serve/page", import.meta.url));
const SERVICE = "http://127.0.0.1:8765";

/** What a browser keeps for use offline is written into the service worker; then all that gets smaller is packed. */
function keepAndPack(): Plugin {
  return {
    name: "keep-and-pack",
    apply: "build",
    closeBundle() {
      const files = readdirSync(PAGE, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      const worker = join(PAGE, "sw.js");
      const kept = files.filter((file) => file !== worker).map((file) => relative(PAGE, file).split(sep).join("/"));
      const digest = createHash("sha256");
      for (const file of kept.sort()) digest.update(readFileSync(join(PAGE, file)));
      const written = readFileSync(worker, "utf8")
        .replace(/(["'`])__KEPT__\1/, JSON.stringify(kept))
        .replace("__DIGEST__", digest.digest("hex").slice(0, 16)); // not every name holds its content's hash
      writeFileSync(worker, written);
      for (const file of files) pack(file);
    },
  };
}

/** `name` becomes `name.gz` unless it is small or packed already; the server unpacks for clients without gzip. */
function pack(file: string): void {
  if (/\.(png|woff2|gz)$/.test(file) || statSync(file).size < 1000) return;
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }));
  rmSync(file);
}

export default defineConfig({
  base: "./",
  build: {
    outDir: PAGE,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the Content-Security-Policy lets no data: address through
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: { index: "index.html", sw: "src/sw.ts" },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "iife" }, // tasks-vision loads its wasm by importScripts, which module workers lack
  server: { proxy: { "/api": { target: SERVICE, ws: true } } },
  plugins: [keepAndPack()],
  test: { include: ["src/**/*.test.ts", "tests/**/*.test.ts"], environment: "node" },
});
