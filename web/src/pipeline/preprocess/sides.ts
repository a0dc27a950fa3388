import { at, frameCount, type Sequence } from "../sequence";

/**
 * Put hands that the tracker filed under the other side back where they are, frame by frame.
 *
 * A lone hand goes to the nearer wrist of the body; two hands go where the sum of their distances is smaller. Frames
 * without both wrists of the body stay.
 */
export function sortHands(sequence: Sequence): Sequence {
  const { layout } = sequence;
  if (!["pose", "left_hand", "right_hand"].every((group) => layout.groups.has(group))) return sequence;
  const left = layout.group("left_hand");
  const right = layout.group("right_hand");
  const [leftWrist, rightWrist] = layout.indices(["pose/left_wrist", "pose/right_wrist"]) as [number, number];
  const points = sequence.points.slice();
  for (let t = 0; t < frameCount(sequence); t++) {
    const apart = (hand: number, wrist: number) => distance(sequence, t, hand, wrist);
    if (Number.isNaN(points[at(sequence, t, leftWrist)]! + points[at(sequence, t, rightWrist)]!)) continue;
    const keep = apart(left.start, leftWrist) + apart(right.start, rightWrist);
    const swap = apart(left.start, rightWrist) + apart(right.start, leftWrist);
    if (swap >= keep) continue;
    const wide = 3 * (left.stop - left.start);
    const [one, other] = [at(sequence, t, left.start), at(sequence, t, right.start)];
    points.set(sequence.points.subarray(other, other + wide), one);
    points.set(sequence.points.subarray(one, one + wide), other);
  }
  return { ...sequence, points };
}

/** In the plane of the picture; 0 where either was not seen. */
function distance({ points, layout }: Sequence, t: number, hand: number, wrist: number): number {
  const [a, b] = [3 * (t * layout.length + hand), 3 * (t * layout.length + wrist)];
  return Math.hypot(points[a]! - points[b]!, points[a + 1]! - points[b + 1]!) || 0;
}
