/** What the page and the pipeline hand to each other. */

/** Landmarks of one picture. */
export interface Frame {
  /** 75 * 3: x right, y down, z away from the camera, in picture heights; NaN where nothing was seen. */
  points: Float32Array;
  /** Seconds. */
  time: number;
}

export interface Guess {
  gloss: string;
  /** Calibrated, 0 to 1. */
  probability: number;
}

/** Why a recognizer declines: no hand was seen at work; the clip is unlike all it learnt; no word stands out. */
export type Doubt = "no_hand" | "unlike" | "unsure";

export interface Answer {
  /** Best first. */
  predictions: Guess[];
  /** Why the recognizer declines; null where it does not. */
  unknownBecause: Doubt | null;
  /** That the answer took. */
  seconds: number;
  bundle: string;
}
