import { Model } from "./model";
import { fetchSpec, type CalibrationSpec, type Spec } from "./spec";
import { atConstantRate } from "./timing";
import type { Frame } from "./types";

/** Tells signs apart that it was never taught, by where they lie among all signs. */
export class LocalEncoder {
  private constructor(
    private readonly spec: Spec,
    private readonly model: Model,
  ) {}

  /** @throws RefusedError when the bundle asks for what this port does not know, or makes no embeddings. */
  static async load(bundle = "asl1700"): Promise<LocalEncoder> {
    return LocalEncoder.open(await fetchSpec(bundle));
  }

  static async open(spec: Spec, model?: Uint8Array): Promise<LocalEncoder> {
    return new LocalEncoder(spec, await Model.open(spec, model));
  }

  /** Name of the space that the embeddings lie in: keep it beside them, since only those of one space compare. */
  get space(): string {
    return this.spec.space;
  }

  /** How similarities become probabilities, and when to decline. */
  get calibration(): CalibrationSpec {
    return this.spec.calibration;
  }

  /** Of length 1: signs are alike as their dot product is large. */
  async embed(frames: Frame[], size: [number, number], fps?: number): Promise<Float32Array> {
    return this.model.embed(atConstantRate(frames, this.model.tracked, size, fps));
  }

  async close(): Promise<void> {
    await this.model.close();
  }
}
