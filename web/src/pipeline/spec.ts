import type { LayoutSpec } from "./layout";
import { RefusedError } from "./refused";
import type { Table } from "./settings";

/** What the service says of a bundle: `/api/v1/bundles/NAME/spec.json`, every default filled in. */
export interface Spec {
  format: number;
  name: string;
  /** ISO 639-3 of the signed language. */
  language: string;
  labels: string[];
  /** Name of the space that its embeddings lie in; only those of one space compare. */
  space: string;
  model: { href: string; features: number; embeds: boolean };
  /** What the tracker finds, and what the model reads of it. */
  tracked: LayoutSpec;
  layout: LayoutSpec;
  preprocess: Table;
  trim: Table;
  features: Table;
  sampling: Table;
  calibration: CalibrationSpec;
  familiar: FamiliarSpec | null;
}

export interface CalibrationSpec {
  temperature: number;
  unknown_below: number;
  unknown_beyond: number;
  similarity_temperature: number;
  unknown_similarity: number;
}

/** Float32, little-endian, base64: `metric` E * E, `means` K * E. */
export interface FamiliarSpec {
  metric: string;
  means: string;
}

const FORMAT = 1;

export async function fetchSpec(bundle: string): Promise<Spec> {
  const answer = await fetch(`/api/v1/bundles/${encodeURIComponent(bundle)}/spec.json`);
  if (!answer.ok) throw new RefusedError(`bundle ${bundle}: the service answers ${answer.status}`);
  const spec = (await answer.json()) as Spec;
  if (spec.format !== FORMAT) throw new RefusedError(`bundle ${bundle}: format ${spec.format} is not known; reload the page`);
  return spec;
}
