import { Familiar } from "./familiar";
import { Model, type Look } from "./model";
import { softmax } from "./numbers";
import { handAtWork } from "./preprocess/rest";
import { fetchSpec, type Spec } from "./spec";
import { atConstantRate } from "./timing";
import type { Answer, Doubt, Frame } from "./types";

/** A bundle made ready to recognize in the browser: `chereme.recognize.Recognizer`. */
export class LocalRecognizer {
  private readonly familiar: Familiar | undefined;

  private constructor(
    private readonly spec: Spec,
    private readonly model: Model,
  ) {
    this.familiar = spec.familiar ? new Familiar(spec.familiar) : undefined;
  }

  /** @throws RefusedError when the bundle asks for what this port does not know; the service may answer instead. */
  static async load(bundle: string): Promise<LocalRecognizer> {
    return LocalRecognizer.open(await fetchSpec(bundle));
  }

  static async open(spec: Spec, model?: Uint8Array): Promise<LocalRecognizer> {
    return new LocalRecognizer(spec, await Model.open(spec, model));
  }

  /** Glosses in class order. */
  get labels(): string[] {
    return this.spec.labels;
  }

  get language(): string {
    return this.spec.language;
  }

  /**
   * Rank the bundle's words for one clip.
   *
   * Declines when no hand was seen at work, no word stands out, or the clip is far from everything that was learnt.
   *
   * @param frames as tracked, in the order of time.
   * @param size width and height of the pictures in pixels.
   * @param fps of the film, where it is known.
   */
  async recognize(frames: Frame[], size: [number, number], top = 5, fps?: number): Promise<Answer> {
    const begun = performance.now();
    const sequence = atConstantRate(frames, this.model.tracked, size, fps);
    const looks = await this.model.looks(sequence);
    const { logits, embedding } = surest(looks);
    const { temperature } = this.spec.calibration;
    const predictions = Array.from(softmax(logits, temperature), (probability, i) => ({
      gloss: this.spec.labels[i]!,
      probability,
    })).sort((a, b) => b.probability - a.probability);
    const distance = this.familiar && embedding ? this.familiar.distance(embedding) : NaN;
    return {
      predictions: predictions.slice(0, top),
      unknownBecause: handAtWork(sequence) ? this.doubt(predictions[0]!.probability, distance) : "no_hand",
      seconds: (performance.now() - begun) / 1000,
      bundle: this.spec.name,
    };
  }

  private doubt(probability: number, distance: number): Doubt | null {
    const { unknown_below, unknown_beyond } = this.spec.calibration;
    if (distance > unknown_beyond) return "unlike";
    return probability < unknown_below ? "unsure" : null;
  }

  async close(): Promise<void> {
    await this.model.close();
  }
}

/** Whichever way to look at a clip gives the likelier word; of equals the first. */
function surest(looks: Look[]): Look {
  const best = (look: Look) => softmax(look.logits).reduce((a, b) => Math.max(a, b), 0);
  return looks.reduce((found, look) => (best(look) > best(found) ? look : found));
}
