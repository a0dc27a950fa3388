import type { Layout } from "../layout";
import { frameCount, type Sequence } from "../sequence";

export const SIDES = ["left", "right"] as const;
/** Points of a hand. */
export const POINTS = 21;
/** Knuckles whose distance from the wrist is the size of a hand. */
const PALM = [5, 9, 17] as const;

/** The sampled frames of a clip, and what several blocks need of them, computed once. */
export class Clip {
  readonly layout: Layout;
  readonly frames: number;
  readonly points: Float32Array;
  private normalized: Float32Array | undefined;
  private middle: [number, number] | undefined;

  constructor(sequence: Sequence, chosen: readonly number[]) {
    const row = 3 * sequence.layout.length;
    this.layout = sequence.layout;
    this.frames = chosen.length;
    this.points = new Float32Array(chosen.length * row);
    chosen.forEach((frame, t) => {
      this.points.set(sequence.points.subarray(frame * row, (frame + 1) * row), t * row);
    });
    if (chosen.some((frame) => frame >= frameCount(sequence))) throw new RangeError("a frame beyond the clip's end");
  }

  /** One coordinate of a landmark. */
  value(t: number, joint: number, axis: number): number {
    return this.points[3 * (t * this.layout.length + joint) + axis]!;
  }

  wrist(side: number): number {
    return this.layout.index(`${SIDES[side]}_hand/wrist`);
  }

  /**
   * Hands from the wrist, in hand sizes: frames * 2 * 21 * 3.
   *
   * A hand's size is half its own in this frame, half its mean over the clip: a fist turned to the camera looks small,
   * but the hand did not shrink.
   */
  hands(): Float32Array {
    return (this.normalized ??= this.normalizeHands());
  }

  /** Where the clip's wrists are on average, both together; 0 where none was seen. */
  wristMiddle(): [number, number] {
    return (this.middle ??= this.meanOfWrists());
  }

  private normalizeHands(): Float32Array {
    const out = new Float32Array(this.frames * 2 * POINTS * 3);
    for (let side = 0; side < 2; side++) {
      const wrist = this.layout.group(`${SIDES[side]}_hand`).start;
      const sizes = Array.from({ length: this.frames }, (_, t) => this.palm(t, wrist));
      const seen = sizes.filter((size) => !Number.isNaN(size));
      const usual = seen.reduce((a, b) => a + b, 0) / Math.max(seen.length, 1);
      sizes.forEach((own, t) => {
        const size = Math.max(0.5 * own + 0.5 * usual, 1e-3);
        const from = 3 * (t * this.layout.length + wrist);
        const to = 3 * POINTS * (2 * t + side);
        for (let i = 0; i < 3 * POINTS; i++) {
          out[to + i] = (this.points[from + i]! - this.points[from + (i % 3)]!) / size;
        }
      });
    }
    return out;
  }

  private palm(t: number, wrist: number): number {
    const lengths = PALM.map((knuckle) =>
      Math.hypot(...[0, 1, 2].map((axis) => this.value(t, wrist + knuckle, axis) - this.value(t, wrist, axis))),
    );
    return (lengths[0]! + lengths[1]! + lengths[2]!) / 3;
  }

  private meanOfWrists(): [number, number] {
    const total: [number, number] = [0, 0];
    let count = 0;
    for (let side = 0; side < 2; side++) {
      const wrist = this.wrist(side);
      for (let t = 0; t < this.frames; t++) {
        if (Number.isNaN(this.value(t, wrist, 0))) continue;
        total[0] += this.value(t, wrist, 0);
        total[1] += this.value(t, wrist, 1);
        count += 1;
      }
    }
    return [total[0] / Math.max(count, 1), total[1] / Math.max(count, 1)];
  }
}
