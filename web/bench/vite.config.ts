/** Builds the pages of the benches; `--outDir` says where to. They are no part of the page that ships. */

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { bare: "bare.html", parity: "parity.html" } },
  },
  worker: { format: "iife" },
});
