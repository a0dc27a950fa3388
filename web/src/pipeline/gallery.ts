import { softmax } from "./numbers";
import type { CalibrationSpec } from "./spec";

/** A sign that was found near a clip. */
export interface Found<S> {
  sign: S;
  /** Which of its examples is the nearest, as they were added. */
  example: number;
  /** -1 to 1. */
  similarity: number;
  /** Among the signs of the gallery. */
  probability: number;
}

interface Entry<S> {
  sign: S;
  examples: Float32Array[];
}

/**
 * Signs by example, and those that are nearest to a clip: `chereme.lexicon.Gallery`.
 *
 * A sign is as similar to a clip as the mean of two: its nearest example, and its prototype, which is the mean of its
 * examples brought to length 1.
 */
export class Gallery<S> {
  private readonly entries = new Map<string, Entry<S>>();

  /** @param key tells signs apart: examples with one key are of one sign. */
  constructor(private readonly key: (sign: S) => string) {}

  /** How many signs. */
  get size(): number {
    return this.entries.size;
  }

  add(sign: S, embedding: Float32Array): void {
    const known = this.entries.get(this.key(sign));
    if (known) known.examples.push(embedding);
    else this.entries.set(this.key(sign), { sign, examples: [embedding] });
  }

  remove(sign: S): void {
    this.entries.delete(this.key(sign));
  }

  /**
   * The nearest signs, best first, and whether none is as similar as a sign of the gallery would be.
   *
   * @param query of length 1.
   */
  search(query: Float32Array, calibration: CalibrationSpec, top = 5): { found: Found<S>[]; unknown: boolean } {
    const ranked = [...this.entries.values()]
      .map(({ sign, examples }) => ({ sign, ...compared(query, examples) }))
      .sort((a, b) => b.similarity - a.similarity);
    const shares = softmax(Float32Array.from(ranked, (one) => one.similarity), calibration.similarity_temperature);
    return {
      found: ranked.slice(0, top).map((one, i) => ({ ...one, probability: shares[i]! })),
      unknown: !ranked.length || ranked[0]!.similarity < calibration.unknown_similarity,
    };
  }
}

function compared(query: Float32Array, examples: Float32Array[]): { example: number; similarity: number } {
  const alike = examples.map((example) => dot(query, example));
  const sum = examples[0]!.map((_, i) => examples.reduce((total, example) => total + example[i]!, 0));
  const length = examples.length > 1 ? Math.sqrt(dot(sum, sum)) : 1;
  const prototype = length > 1e-3 ? alike.reduce((a, b) => a + b, 0) / length : 0;
  const best = Math.max(...alike);
  return { example: alike.lastIndexOf(best), similarity: (best + prototype) / 2 };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
