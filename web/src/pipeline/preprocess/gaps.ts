import { roundHalfEven } from "../numbers";
import { at, frameCount, type Sequence } from "../sequence";

/**
 * Draw a straight line through each short gap in a landmark's track.
 *
 * Longer gaps stay NaN, and so do the two ends, unless they are no longer than `longestEnd`: then the nearest place
 * seen is held.
 *
 * @param longest seconds.
 * @param longestEnd seconds.
 */
export function fillGaps(sequence: Sequence, longest: number, longestEnd: number): Sequence {
  const frames = frameCount(sequence);
  const inside = roundHalfEven(longest * sequence.fps);
  const ends = roundHalfEven(longestEnd * sequence.fps);
  const points = sequence.points.slice();
  for (let joint = 0; joint < sequence.layout.length; joint++) {
    let before = -1;
    for (let after = 0; after <= frames; after++) {
      if (after < frames && Number.isNaN(points[at(sequence, after, joint)])) continue;
      const gap = after - before - 1;
      const isInside = before >= 0 && after < frames;
      if (gap > 0 && gap < frames && gap <= (isInside ? inside : ends)) {
        fill(sequence, points, joint, before, after, frames);
      }
      before = after;
    }
  }
  return { ...sequence, points };
}

function fill(
  sequence: Sequence,
  points: Float32Array,
  joint: number,
  before: number,
  after: number,
  frames: number,
): void {
  const start = at(sequence, before < 0 ? after : before, joint);
  const end = at(sequence, after === frames ? before : after, joint);
  for (let t = before + 1; t < after; t++) {
    const share = Math.fround((t - before) / (after - before));
    const place = at(sequence, t, joint);
    for (let axis = 0; axis < 3; axis++) {
      points[place + axis] = sequence.points[start + axis]! * (1 - share) + sequence.points[end + axis]! * share;
    }
  }
}
