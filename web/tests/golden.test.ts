/** The browser's recognizer beside Python's on the same frames; tests/serve/test_web_parity.py writes Python's numbers. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { LocalEncoder } from "../src/pipeline/encoder";
import { Gallery } from "../src/pipeline/gallery";
import { Model } from "../src/pipeline/model";
import { LocalRecognizer } from "../src/pipeline/recognizer";
import type { Spec } from "../src/pipeline/spec";
import { Segmenter } from "../src/pipeline/segmenter";
import { atConstantRate } from "../src/pipeline/timing";
import type { Doubt } from "../src/pipeline/types";

type Row = (number | null)[];

interface Clip {
  name: string;
  times: number[];
  points: Row[];
  size: [number, number];
  features: Row[][];
  probabilities: number[];
  unknownBecause: Doubt | null;
  embedding: number[];
}

interface Golden {
  spec: Spec;
  model: string;
  clips: Clip[];
  searched: { query: number; names: string[]; found: [string, number][] };
}

const path = process.env["CHEREME_GOLDEN_WEB"];
const golden: Golden[] = path ? (JSON.parse(readFileSync(path, "utf8")) as Golden[]) : [];

const floats = (row: Row): Float32Array => Float32Array.from(row, (value) => value ?? NaN);
const framesOf = (clip: Clip) => clip.points.map((row, i) => ({ points: floats(row), time: clip.times[i]! }));

/** What single precision may lose: 1e-4, and more in proportion where landmarks lie more than two pictures away. */
function allowed(clip: Clip): number {
  const most = clip.points.flat().reduce<number>((far, value) => Math.max(far, Math.abs(value ?? 0)), 0);
  return 1e-4 * Math.max(1, most / 2);
}

function farthest(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  return Array.from(found).reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
}

describe.each(golden)("$spec.name as Python computes it", ({ spec, model: file, clips, searched }) => {
  let model: Model;
  let recognizer: LocalRecognizer;
  let encoder: LocalEncoder;

  beforeAll(async () => {
    const content = new Uint8Array(readFileSync(file));
    model = await Model.open(spec, content);
    recognizer = await LocalRecognizer.open(spec, content);
    encoder = await LocalEncoder.open(spec, content);
  }, 60_000);

  it.each(clips)("$name", async (clip) => {
    const looks = await model.looks(atConstantRate(framesOf(clip), model.tracked, clip.size));
    expect(looks.length).toBe(clip.features.length);
    looks.forEach((look, i) => {
      expect(farthest(look.features, clip.features[i]!.flat() as number[])).toBeLessThanOrEqual(allowed(clip));
    });

    const answer = await recognizer.recognize(framesOf(clip), clip.size, spec.labels.length);
    const found = new Map(answer.predictions.map((guess) => [guess.gloss, guess.probability]));
    const probabilities = spec.labels.map((gloss) => found.get(gloss)!);
    expect(farthest(probabilities, clip.probabilities)).toBeLessThanOrEqual(1e-3);
    expect(answer.unknownBecause).toBe(clip.unknownBecause);

    const embedding = await encoder.embed(framesOf(clip), clip.size);
    expect(farthest(embedding, clip.embedding)).toBeLessThanOrEqual(1e-3);
  });

  it("a search by example", () => {
    const gallery = new Gallery<string>((gloss) => gloss);
    clips.forEach((clip, i) => gallery.add(searched.names[i]!, Float32Array.from(clip.embedding)));
    const query = Float32Array.from(clips[searched.query]!.embedding);
    const { found } = gallery.search(query, spec.calibration, clips.length);
    expect(found.map((one) => one.sign)).toEqual(searched.found.map(([gloss]) => gloss));
    expect(farthest(found.map((one) => one.similarity), searched.found.map(([, near]) => near))).toBeLessThan(1e-5);
  });
});

it.skipIf(path)("is asked for by tests/serve/test_web_parity.py", () => expect(golden).toEqual([]));

describe.skipIf(!path)("a sign between two rests", () => {
  const { spec, model, clips } = golden[0] ?? { spec: undefined, model: "", clips: [] };
  let recognizer: LocalRecognizer;

  beforeAll(async () => {
    recognizer = await LocalRecognizer.open(spec!, new Uint8Array(readFileSync(model)));
  }, 60_000);

  it.each(clips.slice(0, 3).flatMap((clip) => [1, 3].map((step) => ({ clip, step, name: clip.name }))))(
    "is cut out and recognized: $name, in steps of $step",
    async ({ clip, step }) => {
      const frames = framesOf(clip);
      const apart = clip.times[1]!;
      const last = frames[frames.length - 1]!;
      const resting = Array.from({ length: Math.round(1.5 / apart) }, (_, i) => i);
      const film = [
        ...resting.map((i) => ({ points: frames[0]!.points, time: (i - resting.length) * apart })),
        ...frames,
        ...resting.map((i) => ({ points: last.points, time: last.time + (i + 1) * apart })),
      ].filter((_, i) => i % step === 0);
      const segmenter = new Segmenter();
      const signs = film.map((frame) => segmenter.push(frame)).filter((sign) => sign !== null);
      expect(signs).toHaveLength(1);
      const [best] = (await recognizer.recognize(signs[0]!, clip.size)).predictions;
      expect(best!.gloss).toBe(spec!.labels[clip.probabilities.indexOf(Math.max(...clip.probabilities))]);
    },
  );
});
