import { floatsFromBase64 } from "./numbers";
import type { FamiliarSpec } from "./spec";

/** How far a clip lies from every word that was learnt: `chereme.bundle.Familiar`. */
export class Familiar {
  private readonly metric: Float32Array;
  private readonly means: Float32Array;

  constructor(spec: FamiliarSpec) {
    this.metric = floatsFromBase64(spec.metric);
    this.means = floatsFromBase64(spec.means);
  }

  /** Of an embedding of length 1 to the nearest word. */
  distance(embedding: Float32Array): number {
    const size = embedding.length;
    const placed = new Float64Array(size);
    embedding.forEach((value, row) => {
      for (let i = 0; i < size; i++) placed[i]! += value * this.metric[row * size + i]!;
    });
    let nearest = Infinity;
    for (let start = 0; start < this.means.length; start += size) {
      const apart = placed.reduce((sum, value, i) => sum + (value - this.means[start + i]!) ** 2, 0);
      nearest = Math.min(nearest, apart);
    }
    return Math.sqrt(nearest);
  }
}
