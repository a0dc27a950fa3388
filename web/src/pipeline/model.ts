import { FeaturePlan } from "./features";
import { Layout } from "./layout";
import { ofLengthOne } from "./numbers";
import { Preprocess } from "./preprocess";
import { RefusedError } from "./refused";
import { Sampling } from "./sampling";
import type { Sequence } from "./sequence";
import { Session } from "./session";
import type { Spec } from "./spec";

/** What a model says of one way to look at a clip. */
export interface Look {
  features: Float32Array;
  logits: Float32Array;
  /** Of length 1; undefined where the model makes none. */
  embedding: Float32Array | undefined;
}

/** A bundle's model with all that stands before it: landmarks in, scores and embeddings out. */
export class Model {
  /** Layout of what the tracker finds. */
  readonly tracked: Layout;
  private readonly preprocess: Preprocess;
  private readonly plan: FeaturePlan;
  private readonly sampling: Sampling;

  /** @throws RefusedError when the bundle asks for what this port does not know. */
  private constructor(
    spec: Spec,
    private readonly session: Session,
  ) {
    const layout = new Layout(spec.layout);
    this.tracked = new Layout(spec.tracked);
    this.preprocess = new Preprocess(layout, spec.preprocess, spec.trim);
    this.preprocess.checkFit(this.tracked);
    this.plan = new FeaturePlan(layout, spec.features);
    this.sampling = new Sampling(spec.sampling);
    if (this.plan.width !== spec.model.features) {
      throw new RefusedError(`${spec.name}: the model reads ${spec.model.features} features, ${this.plan.width} are made`);
    }
  }

  /** @param model the ONNX file, or its address; undefined: where the service has it. */
  static async open(spec: Spec, model?: Uint8Array | string): Promise<Model> {
    return new Model(spec, await Session.open(model ?? spec.model.href));
  }

  /** The clip as it is; and mirrored, where the bundle asks and either hand may lead. */
  async looks(sequence: Sequence): Promise<Look[]> {
    const found: Look[] = [];
    for (const way of this.preprocess.ways(sequence)) found.push(await this.look(way));
    return found;
  }

  /** Where a clip lies among all signs, of length 1. */
  async embed(sequence: Sequence): Promise<Float32Array> {
    const { embedding } = await this.look(this.preprocess.ready(sequence));
    if (!embedding) throw new RefusedError("this model gives scores alone, no embeddings");
    return embedding;
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  private async look(ready: Sequence): Promise<Look> {
    const features = this.plan.compute(ready, this.sampling.frames(ready));
    const { logits, embedding } = await this.session.run(features, this.plan.width);
    return { features, logits, embedding: embedding && ofLengthOne(embedding) };
  }
}
