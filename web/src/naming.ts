/** From a finished sign to its word: signs taught on this device first, then the recognizer's. */

import { recognize } from "./engine";
import type { Answer, Frame } from "./pipeline";
import { nearestTaught } from "./taught";

export interface Named extends Answer {
  /** The first word is of a sign that was taught on this device. */
  taught: boolean;
  /** The chereme program did it, not the browser. */
  byService: boolean;
}

export async function nameSign(frames: Frame[], size: [number, number], fps?: number): Promise<Named> {
  const answer = await recognize(frames, size, fps);
  if (answer.unknownBecause === "no_hand") return { ...answer, taught: false };
  const near = await nearestTaught(frames, size, fps);
  if (!near) return { ...answer, taught: false };
  const others = answer.predictions.filter((one) => one.gloss !== near.gloss);
  // what the recognizer found shares out what the taught sign leaves
  const left = others.map((one) => ({ ...one, probability: one.probability * (1 - near.alike) }));
  const predictions = [{ gloss: near.gloss, probability: near.alike }, ...left];
  return { ...answer, predictions: predictions.slice(0, 5), unknownBecause: null, taught: true };
}
