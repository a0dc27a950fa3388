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

export interface Answer {
  /** Best first. */
  predictions: Guess[];
  /** The recognizer declines: what it saw is probably no sign of its vocabulary. */
  unknown: boolean;
  /** That the answer took. */
  seconds: number;
  bundle: string;
}
