import type { CalibrationSpec } from "./spec";
import { Thread } from "./thread";
import type { Answer, Frame } from "./types";

interface Clip {
  bundle: string;
  frames: Frame[];
  size: [number, number];
  fps: number | undefined;
}

/** What the worker is asked. */
export type ModelQuestion =
  | { kind: "open recognizer" | "open encoder"; bundle: string }
  | ({ kind: "recognize"; top: number } & Clip)
  | ({ kind: "embed" } & Clip);

interface Words {
  labels: string[];
  language: string;
}

interface Space {
  space: string;
  calibration: CalibrationSpec;
}

export type ModelAnswer = Words | Space | Answer | Float32Array;

let thread: Thread<ModelQuestion, ModelAnswer> | undefined;

function ask<A extends ModelAnswer>(question: ModelQuestion): Promise<A> {
  thread ??= new Thread(new Worker(new URL("./models.worker.ts", import.meta.url)));
  return thread.ask(question) as Promise<A>;
}

/** A bundle made ready to recognize in the browser. */
export class Recognizer {
  private constructor(
    private readonly bundle: string,
    /** Glosses in class order. */
    readonly labels: string[],
    /** ISO 639-3 of the signed language. */
    readonly language: string,
  ) {}

  /** @throws RefusedError when the bundle asks for what this port does not know; the service may answer instead. */
  static async load(bundle: string): Promise<Recognizer> {
    const { labels, language } = await ask<Words>({ kind: "open recognizer", bundle });
    return new Recognizer(bundle, labels, language);
  }

  /**
   * Rank the bundle's words for one clip; `unknown` when it shows none of them.
   *
   * @param frames as tracked, in the order of time.
   * @param size width and height of the pictures in pixels.
   * @param fps of the film, where it is known.
   */
  recognize(frames: Frame[], size: [number, number], top = 5, fps?: number): Promise<Answer> {
    return ask<Answer>({ kind: "recognize", bundle: this.bundle, frames, size, top, fps });
  }
}

/** Tells signs apart that it was never taught, by where they lie among all signs. */
export class Encoder {
  private constructor(
    private readonly bundle: string,
    /** Name of the space that the embeddings lie in: keep it beside them, since only those of one space compare. */
    readonly space: string,
    /** How similarities become probabilities, and when to decline. */
    readonly calibration: CalibrationSpec,
  ) {}

  /** @throws RefusedError when the bundle asks for what this port does not know, or makes no embeddings. */
  static async load(bundle = "asl1700"): Promise<Encoder> {
    const { space, calibration } = await ask<Space>({ kind: "open encoder", bundle });
    return new Encoder(bundle, space, calibration);
  }

  /** Of length 1: signs are alike as their dot product is large. */
  embed(frames: Frame[], size: [number, number], fps?: number): Promise<Float32Array> {
    return ask<Float32Array>({ kind: "embed", bundle: this.bundle, frames, size, fps });
  }
}
