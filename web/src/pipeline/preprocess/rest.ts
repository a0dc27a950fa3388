/** Hands at rest belong to the room and the camera, not to the sign: `chereme.preprocess.rest`. */

import { percentile, roundHalfEven } from "../numbers";
import { apart, at, frameCount, handSeen, stretch, type Sequence } from "../sequence";
import { bodyGroup } from "./align";

const HANGS = 0.85;
const REACH = 90;
const SIDES = ["left", "right"] as const;

/** For each frame the y below which a hand hangs; NaN where no shoulder was seen, or in a layout without arms. */
export function restLine(sequence: Sequence): Float32Array {
  const { layout, points } = sequence;
  const line = new Float32Array(frameCount(sequence)).fill(NaN);
  const names = SIDES.map((side) => ["shoulder", "elbow", "wrist"].map((joint) => `${bodyGroup(layout)}/${side}_${joint}`));
  if (!names.flat().every((name) => layout.has(name))) return line;
  const arms = names.map((arm) => layout.indices(arm) as [number, number, number]);
  const lengths = arms.map(([shoulder, elbow, wrist]) =>
    Array.from(line, (_, t) => apart(sequence, t, shoulder, elbow) + apart(sequence, t, elbow, wrist)).filter(
      (length) => !Number.isNaN(length),
    ),
  );
  const known = lengths.filter((arm) => arm.length);
  if (!known.length) return line;
  const length = Math.max(...known.map((arm) => percentile(arm, REACH)));
  return line.map((_, t) => {
    const [left, right] = arms.map(([shoulder]) => points[at(sequence, t, shoulder) + 1]!) as [number, number];
    return (left + right) / 2 + HANGS * length;
  });
}

/** Hands whose wrist lies below the line become unseen. */
export function hideRestingHands(sequence: Sequence, line: Float32Array): Sequence {
  const points = sequence.points.slice();
  for (const { start, stop } of sequence.layout.hands) {
    line.forEach((low, t) => {
      if (sequence.points[at(sequence, t, start) + 1]! > low) {
        points.fill(NaN, at(sequence, t, start), at(sequence, t, stop));
      }
    });
  }
  return { ...sequence, points };
}

/** Whether a hand was seen that does not rest; true of landmarks that name no hand. */
export function handAtWork(sequence: Sequence): boolean {
  return handSeen(hideRestingHands(sequence, restLine(sequence)));
}

/** From the first to the last frame in which a wrist of the `source`'s body does not hang, and some more. */
export function whileHandsAreRaised(
  clip: Sequence,
  source: Sequence,
  line: Float32Array,
  lead: number,
): Sequence {
  const names = SIDES.map((side) => `${bodyGroup(source.layout)}/${side}_wrist`);
  if (line.every(Number.isNaN)) return clip;
  const wrists = source.layout.indices(names);
  const raised = Array.from(line.keys()).filter((t) =>
    wrists.some((wrist) => source.points[at(source, t, wrist) + 1]! <= line[t]!),
  );
  if (!raised.length) return clip;
  const more = roundHalfEven(lead * clip.fps);
  return stretch(clip, Math.max(0, raised[0]! - more), Math.min(line.length - 1, raised[raised.length - 1]! + more));
}
