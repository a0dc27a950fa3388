import type { Layout } from "./layout";

/** Landmarks of one person over time. Steps never change a sequence: they give another. */
export interface Sequence {
  /** T * J * 3; NaN in all three where a landmark was not seen. */
  readonly points: Float32Array;
  readonly layout: Layout;
  /** Frames per second, constant. */
  readonly fps: number;
  /** Width and height of the pictures in pixels. */
  readonly size: readonly [number, number];
}

export function frameCount(sequence: Sequence): number {
  return sequence.points.length / (3 * sequence.layout.length);
}

/** Where landmark `joint` of frame `t` stands in `points`. */
export function at(sequence: Sequence, t: number, joint: number): number {
  return 3 * (t * sequence.layout.length + joint);
}

/** Distance of two landmarks of a frame in the plane of the picture; NaN where either was not seen. */
export function apart(sequence: Sequence, t: number, one: number, other: number): number {
  const { points } = sequence;
  const [a, b] = [at(sequence, t, one), at(sequence, t, other)];
  return Math.hypot(points[a]! - points[b]!, points[a + 1]! - points[b + 1]!);
}

/** The landmarks of another layout by name; NaN for those that are not here. */
export function pick(sequence: Sequence, layout: Layout): Sequence {
  if (layout === sequence.layout) return sequence;
  const frames = frameCount(sequence);
  const points = new Float32Array(frames * layout.length * 3).fill(NaN);
  layout.names.forEach((name, to) => {
    if (!sequence.layout.has(name)) return;
    const from = sequence.layout.index(name);
    for (let t = 0; t < frames; t++) {
      const source = at(sequence, t, from);
      points.set(sequence.points.subarray(source, source + 3), 3 * (t * layout.length + to));
    }
  });
  return { ...sequence, points, layout };
}

/** The frames from `start` to `end`, both kept. */
export function stretch(sequence: Sequence, start: number, end: number): Sequence {
  const row = 3 * sequence.layout.length;
  return { ...sequence, points: sequence.points.slice(start * row, (end + 1) * row) };
}

/** Whether a hand was seen in any frame; true of landmarks that name no hand. */
export function handSeen(sequence: Sequence): boolean {
  const hands = sequence.layout.hands;
  if (!hands.length) return true;
  for (let t = 0; t < frameCount(sequence); t++) {
    for (const { start, stop } of hands) {
      for (let joint = start; joint < stop; joint++) {
        if (!Number.isNaN(sequence.points[at(sequence, t, joint)])) return true;
      }
    }
  }
  return false;
}
