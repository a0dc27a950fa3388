/** Taught signs as a file, to be taken to another device. */

import type { Landmarks } from "./api";
import { NAMES } from "./body";

export interface Example {
  /** Of length 1; a list, so that it can be written to a file. */
  embedding: number[];
  /** What was seen, to be played again. */
  landmarks: Landmarks;
}

export interface TaughtSign {
  gloss: string;
  /** The space that the embeddings lie in; only those of one space compare. */
  space: string;
  examples: Example[];
}

/** A sign with further examples; those that it has are not added again. */
export function withExamples(sign: TaughtSign, examples: Example[]): TaughtSign {
  const has = new Set(sign.examples.map((one) => one.embedding.join()));
  return { ...sign, examples: [...sign.examples, ...examples.filter((one) => !has.has(one.embedding.join()))] };
}

interface Saved {
  format: "chereme taught signs";
  version: 1;
  signs: TaughtSign[];
}

/** This is no file of taught signs. */
export class NotTaughtError extends Error {}

export function written(signs: TaughtSign[]): string {
  const saved: Saved = { format: "chereme taught signs", version: 1, signs };
  return JSON.stringify(saved);
}

/**
 * Signs from a file that was saved here or on another device.
 *
 * @throws NotTaughtError when it is none.
 */
export function read(text: string): TaughtSign[] {
  let saved: Partial<Saved>;
  try {
    saved = JSON.parse(text) as Partial<Saved>;
  } catch (error) {
    throw new NotTaughtError(`not JSON: ${String(error)}`);
  }
  if (saved?.format !== "chereme taught signs" || saved.version !== 1 || !Array.isArray(saved.signs)) {
    throw new NotTaughtError("not saved by this page");
  }
  for (const sign of saved.signs) {
    const good =
      typeof sign?.gloss === "string" &&
      sign.gloss.trim() !== "" &&
      typeof sign.space === "string" &&
      Array.isArray(sign.examples) &&
      sign.examples.length > 0 &&
      sign.examples.every(isExample);
    if (!good) throw new NotTaughtError(`a sign in it is not whole: ${JSON.stringify(sign?.gloss ?? null)}`);
  }
  return saved.signs.map(({ gloss, space, examples }) => ({ gloss: gloss.trim().slice(0, 60), space, examples }));
}

function isExample(example: Example): boolean {
  const { embedding, landmarks } = example ?? {};
  const numbers = Array.isArray(embedding) && embedding.length > 0 && embedding.every((x) => Number.isFinite(x));
  const points = landmarks?.points;
  return (
    numbers &&
    Number.isFinite(landmarks?.fps) &&
    landmarks.fps > 0 &&
    Array.isArray(points) &&
    points.every((frame) => Array.isArray(frame) && frame.length === NAMES.length) &&
    Array.isArray(landmarks.size) &&
    Array.isArray(landmarks.names)
  );
}
