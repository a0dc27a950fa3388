/** Keeps the page, the engine and the recognizer, so that they work without a network after the first visit. */

export {};

declare const self: ServiceWorkerGlobalScope;

/** Written here when the page is built: every file of it, and a digest of all they hold. */
const FILES = "__KEPT__" as unknown as string[];
const PAGE = "page __DIGEST__";
const SERVICE = "service";

/** What is asked of the service again each time, with what was answered before as the answer without a network. */
const ANSWERS = /^\/api\/v1\/(?:ready|models|samples(?:\/[^/]+)?|phrases|lexicon\/embeddings|bundles\/.+|engine\/.+)$/;

/** What is kept in several megabytes: not asked for a second time when it is kept already. */
const LARGE = /\/(?:model\.onnx|holistic\.task)/;

interface Listed {
  kind: string;
  default: boolean;
  name: string;
  labels: string[];
}

/** What a page may ask to be kept, by the message that asks for it: which models, beside the engine. */
const WANTED: Record<string, ((model: Listed) => boolean) | undefined> = {
  // all that recognizing needs, and to practise letters
  keep: ({ kind, default: first, labels }) =>
    (kind === "recognizer" && first) || (kind === "speller" && labels.includes("A")),
  // what compares taught signs: of several megabytes, so not before somebody asks for it or teaches one
  "keep encoder": ({ kind, default: first }) => kind === "encoder" && first,
};

/** One after the other, so that nothing is fetched twice. */
let underWay: Promise<unknown> = Promise.resolve();

self.addEventListener("install", (event) => {
  // the server's own caching decides what is fetched again: names in assets/ hold their content's hash
  event.waitUntil(caches.open(PAGE).then((cache) => cache.addAll(FILES.map((file) => new URL(file, self.location.href).href))));
});

self.addEventListener("activate", (event) => {
  const old = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== PAGE && name !== SERVICE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(old());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
  const wanted = WANTED[event.data as string];
  if (!wanted) return;
  underWay = underWay
    .then(() => keep(wanted))
    .catch(() => false)
    .then((all) => event.source?.postMessage(`${event.data}: ${all ? "kept" : "not kept"}`));
  event.waitUntil(underWay);
});

/** Fetch what something needs, before it is needed; true when all of it is there. */
async function keep(wanted: (model: Listed) => boolean): Promise<boolean> {
  const api = new URL("/api/v1/", self.location.origin);
  const cache = await caches.open(SERVICE);
  const keeping: Promise<boolean>[] = [];
  const note = (kept: Promise<void>) => keeping.push(kept.then(() => true, () => false));
  const ask = async (path: string): Promise<Response | undefined> => {
    const address = new URL(path, api).href;
    const known = LARGE.test(address) ? await cache.match(address) : undefined; // asked for again when it is used
    return known ?? answered(new Request(address), note).catch(() => undefined);
  };
  // one after the other: the page itself goes first
  const models = ((await read<Listed[]>(await ask("models"))) ?? []).filter(wanted);
  if (!models.some((model) => model.default)) return false;
  const hrefs: string[] = [];
  for (const { name } of models) {
    const spec = await read<{ model: { href: string } }>(await ask(`bundles/${name}/spec.json`));
    if (!spec) return false;
    hrefs.push(spec.model.href);
  }
  for (const path of ["ready", "samples", ...hrefs, "engine/holistic.task"]) {
    if (!(await ask(path))?.ok) return false;
  }
  return (await Promise.all(keeping)).every(Boolean); // else the device has no room for it
}

async function read<T>(answer: Response | undefined): Promise<T | undefined> {
  return answer?.ok ? ((await answer.json()) as T) : undefined;
}

/** Keep an answer, and let go of what the same address answered under another version. */
async function put(cache: Cache, request: Request, answer: Response): Promise<void> {
  if (LARGE.test(request.url)) {
    for (const old of await cache.keys(request, { ignoreSearch: true })) {
      if (old.url !== request.url) await cache.delete(old);
    }
  }
  await cache.put(request, answer);
}

/**
 * The service's answer, as it comes; where there is no network, what was answered before.
 *
 * @param keeping is given the promise that the answer is kept: nobody need wait for that, nor do without the answer
 * where the device has no room for it.
 */
async function answered(request: Request, keeping: (kept: Promise<void>) => unknown): Promise<Response> {
  const cache = await caches.open(SERVICE);
  try {
    const answer = await fetch(request);
    if (answer.ok) keeping(put(cache, request, answer.clone()));
    return answer;
  } catch (error) {
    const known = await cache.match(request);
    if (known) return known;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith("/api/")) {
    if (ANSWERS.test(address.pathname)) {
      const keeping = (kept: Promise<void>) => event.waitUntil(kept.catch((error: unknown) => console.info(error)));
      event.respondWith(answered(request, keeping));
    }
    return;
  }
  const page = async () => {
    const cache = await caches.open(PAGE);
    const wanted = request.mode === "navigate" ? new URL("index.html", self.location.href).href : request;
    return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request);
  };
  event.respondWith(page());
});
