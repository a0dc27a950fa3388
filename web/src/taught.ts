/** Signs that were taught on this device: kept in this browser, as places of body and hands and what they look like. */

import { BONES, LAYOUT, NAMES, pointsOf } from "./body";
import type { Landmarks } from "./api";
import { checkHand } from "./check-hand";
import { encoder } from "./engine";
import { Gallery, type Frame } from "./pipeline";
import { Store } from "./store";
import { withExamples, type Example, type TaughtSign } from "./taught-file";

const DATABASE = "chereme";
const STORE = "taught";

export const taught = new Store<TaughtSign[]>([]);

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's store does not answer"));
  });
}

async function database(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "gloss" });
  return asked(request);
}

/** Done once all of it is on the disk: a full one says so only then. */
function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser's store does not answer"));
  });
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  const opened = await database();
  try {
    const transaction = opened.transaction(STORE, mode);
    const [found] = await Promise.all([work(transaction.objectStore(STORE)), finished(transaction)]);
    return found;
  } finally {
    opened.close();
  }
}

export async function readTaught(): Promise<void> {
  taught.value = await inStore<TaughtSign[]>("readonly", (store) => asked(store.getAll())).catch(() => []);
}

/**
 * Keep a sign; of one gloss there is one, so that teaching it again adds examples, and loading a file again none.
 *
 * What is there is asked of the store itself: another window may have added to it.
 */
export async function keep(sign: TaughtSign): Promise<void> {
  await inStore("readwrite", async (store) => {
    const known = await asked<TaughtSign | undefined>(store.get(sign.gloss));
    await asked(store.put(known?.space === sign.space ? withExamples(known, sign.examples) : sign));
  });
  await readTaught();
}

export async function forget(gloss: string): Promise<void> {
  await inStore("readwrite", (store) => asked(store.delete(gloss)));
  await readTaught();
}

/** What was seen of a sign, small enough to be kept: x and y in ten-thousandths of the picture's height. */
export function landmarksOf(frames: Frame[], size: [number, number]): Landmarks {
  const lasted = frames.length > 1 ? frames.at(-1)!.time - frames[0]!.time : 0;
  const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
  return {
    layout: LAYOUT,
    names: NAMES,
    bones: BONES,
    fps: lasted > 0 ? rounded((frames.length - 1) / lasted) : 25,
    size,
    points: frames.map((frame) => pointsOf(frame).map((point) => point && point.map(rounded))),
  };
}

/**
 * A clip as an example of a sign.
 *
 * @throws Refused when no hand was seen at work: it shows no sign.
 */
export async function exampleOf(frames: Frame[], size: [number, number]): Promise<Example & { space: string }> {
  checkHand(frames, size);
  const looks = await encoder();
  return { embedding: [...(await looks.embed(frames, size))], landmarks: landmarksOf(frames, size), space: looks.space };
}

/** The taught sign that a clip shows, and how alike they are; none where nothing is alike enough. */
export async function nearestTaught(
  frames: Frame[],
  size: [number, number],
  fps?: number,
): Promise<{ gloss: string; alike: number } | undefined> {
  if (!taught.value.length) return undefined;
  const looks = await encoder();
  return nearest(await looks.embed(frames, size, fps));
}

export async function nearest(
  embedding: Float32Array,
  leastAlike?: number,
): Promise<{ gloss: string; alike: number } | undefined> {
  const looks = await encoder();
  const gallery = new Gallery<string>((gloss) => gloss);
  for (const sign of taught.value) {
    if (sign.space !== looks.space) continue;
    for (const example of sign.examples) gallery.add(sign.gloss, Float32Array.from(example.embedding));
  }
  if (!gallery.size) return undefined;
  const { found, unknown } = gallery.search(embedding, looks.calibration, 1);
  const [best] = found;
  const declined = leastAlike === undefined ? unknown : !best || best.similarity < leastAlike;
  return best && !declined ? { gloss: best.sign, alike: Math.max(0, best.similarity) } : undefined;
}
