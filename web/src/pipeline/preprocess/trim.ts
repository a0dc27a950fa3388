import { at, frameCount, stretch, type Sequence } from "../sequence";

/** From the first to the last frame with a hand; the whole clip when there is none. */
export function whileHandsAreSeen(sequence: Sequence): Sequence {
  const hands = sequence.layout.hands;
  const shows = (t: number) =>
    hands.some(({ start, stop }) => {
      for (let joint = start; joint < stop; joint++) {
        if (!Number.isNaN(sequence.points[at(sequence, t, joint)])) return true;
      }
      return false;
    });
  const frames = Array.from({ length: frameCount(sequence) }, (_, t) => t).filter(shows);
  return frames.length ? stretch(sequence, frames[0]!, frames[frames.length - 1]!) : sequence;
}
