/** The service worker stands between the page and its service: it must never keep an answer from the page. */

import { beforeEach, expect, test, vi } from "vitest";

type Event = { request: Request; respondWith: (answer: Promise<Response>) => void; waitUntil: (until: Promise<unknown>) => void };

const ENGINE = "https://chereme.example/api/v1/engine/holistic.task";
const listeners = new Map<string, (event: Event) => void>();
const cache = { match: vi.fn(), put: vi.fn(), keys: vi.fn(async () => []) };

beforeEach(async () => {
  vi.resetModules();
  vi.stubGlobal("self", {
    location: new URL("https://chereme.example/sw.js"),
    addEventListener: (name: string, listener: (event: Event) => void) => listeners.set(name, listener),
  });
  vi.stubGlobal("caches", { open: async () => cache });
  await import("../src/sw");
});

/** What the page gets, and what goes on afterwards. */
async function fetched(): Promise<{ text: string; after: Promise<unknown>[] }> {
  const after: Promise<unknown>[] = [];
  let answer: Promise<Response> | undefined;
  listeners.get("fetch")!({
    request: new Request(ENGINE),
    respondWith: (one) => (answer = one),
    waitUntil: (until) => void after.push(until),
  });
  return { text: await (await answer!).text(), after };
}

test("an answer does not wait until it is kept", async () => {
  vi.stubGlobal("fetch", async () => new Response("engine"));
  cache.put.mockReturnValue(new Promise(() => undefined));
  expect(await fetched()).toMatchObject({ text: "engine", after: [expect.any(Promise)] });
});

test("an answer that cannot be kept is given all the same", async () => {
  vi.stubGlobal("fetch", async () => new Response("engine"));
  cache.put.mockRejectedValue(new DOMException("no room", "QuotaExceededError"));
  const { text, after } = await fetched();
  expect(text).toBe("engine");
  await Promise.all(after);
});

test("without a network the last answer is given", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
  cache.match.mockResolvedValue(new Response("kept"));
  expect((await fetched()).text).toBe("kept");
});
