import { apart, at, frameCount, type Sequence } from "../sequence";

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
    const gap = (hand: number, wrist: number) => apart(sequence, t, hand, wrist) || 0; // 0 where either was not seen
    if (Number.isNaN(points[at(sequence, t, leftWrist)]! + points[at(sequence, t, rightWrist)]!)) continue;
    const keep = gap(left.start, leftWrist) + gap(right.start, rightWrist);
    const swap = gap(left.start, rightWrist) + gap(right.start, leftWrist);
    if (swap >= keep) continue;
    const wide = 3 * (left.stop - left.start);
    const [one, other] = [at(sequence, t, left.start), at(sequence, t, right.start)];
    points.set(sequence.points.subarray(other, other + wide), one);
    points.set(sequence.points.subarray(one, one + wide), other);
  }
  return { ...sequence, points };
}
