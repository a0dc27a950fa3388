import { Gallery } from "./gallery";
import { floatsFromBase64 } from "./numbers";
import { RefusedError } from "./refused";
import type { CalibrationSpec } from "./spec";
import type { Frame } from "./types";

/** How a sign is named. */
export interface SignName {
  gloss: string;
  /** ISO 639-3; empty: not said. */
  language: string;
  variant: string;
  sense: string;
}

/** A lexicon as the service gives it out: `/api/v1/lexicon/embeddings`. */
export interface LexiconSpec {
  lexicon: string;
  /** The bundle that embeds a clip to compare. */
  encoder: string;
  /** That the embeddings lie in. */
  space: string;
  signs: SignName[];
  /** Of each example its place in `signs`. */
  sign_of: number[];
  /** Of each example its number in the lexicon. */
  entries: number[];
  /** Float32, little-endian, base64: of each example as many numbers. */
  embeddings: string;
}

/** A sign that is like a clip. */
export interface Hit extends SignName {
  /** Of its nearest example. */
  id: string;
  /** Similarity, up to 1. */
  score: number;
  lexicon: string;
}

/** What embeds clips: `Encoder`, in a thread of its own or not. */
interface Looks {
  readonly space: string;
  readonly calibration: CalibrationSpec;
  embed(frames: Frame[], size: [number, number], fps?: number): Promise<Float32Array>;
}

interface Held {
  spec: LexiconSpec;
  gallery: Gallery<number>;
  /** Of each sign, entries in the order of its examples. */
  entries: number[][];
}

/** All lexicons of a service, searched by a clip as it searches them: `chereme.serve.lexicons`. */
export class Lexicons {
  private readonly held: Held[];

  constructor(specs: LexiconSpec[]) {
    this.held = specs.filter((spec) => spec.entries.length).map(hold);
  }

  /** The bundles that embed clips for them. */
  get encoders(): string[] {
    return [...new Set(this.held.map(({ spec }) => spec.encoder))];
  }

  /**
   * The signs that are most like a clip, the nearest first, and whether none is like enough.
   *
   * @param looks gives the encoder of a bundle.
   * @throws RefusedError when there is nothing to compare with, or the encoder's space is another one by now.
   */
  async search(
    looks: (bundle: string) => Promise<Looks>,
    frames: Frame[],
    size: [number, number],
    top: number,
  ): Promise<{ entries: Hit[]; unknown: boolean }> {
    if (!this.held.length) throw new RefusedError("the lexicons hold no sign to compare with");
    const embedded = new Map<string, Float32Array>();
    const hits: Hit[] = [];
    let unlike = true;
    for (const { spec, gallery, entries } of this.held) {
      const encoder = await looks(spec.encoder);
      if (encoder.space !== spec.space) {
        throw new RefusedError(`${spec.lexicon}: its signs lie in ${spec.space}, clips of ${spec.encoder} in ${encoder.space}`);
      }
      const query = embedded.get(spec.encoder) ?? (await encoder.embed(frames, size));
      embedded.set(spec.encoder, query);
      const { found, unknown } = gallery.search(query, encoder.calibration, top);
      unlike &&= unknown;
      for (const { sign, example, similarity } of found) {
        const id = `${spec.lexicon}.${entries[sign]![example]!}`;
        hits.push({ ...spec.signs[sign]!, id, score: similarity, lexicon: spec.lexicon });
      }
    }
    return { entries: hits.sort((a, b) => b.score - a.score).slice(0, top), unknown: unlike };
  }
}

function hold(spec: LexiconSpec): Held {
  const vectors = floatsFromBase64(spec.embeddings);
  const size = vectors.length / spec.entries.length;
  const gallery = new Gallery<number>(String);
  const entries: number[][] = spec.signs.map(() => []);
  spec.sign_of.forEach((sign, i) => {
    gallery.add(sign, vectors.subarray(i * size, (i + 1) * size));
    entries[sign]!.push(spec.entries[i]!);
  });
  return { spec, gallery, entries };
}
