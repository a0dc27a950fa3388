/** What the port does not know it refuses by name, so that the page can ask the service instead. */

import { describe, expect, it } from "vitest";
import { FeaturePlan } from "../src/pipeline/features";
import { Layout } from "../src/pipeline/layout";
import { Preprocess } from "../src/pipeline/preprocess";
import { RefusedError } from "../src/pipeline/refused";
import { Sampling } from "../src/pipeline/sampling";
import type { Table } from "../src/pipeline/settings";

const NAMES = ["pose/left_wrist", "pose/right_wrist", "left_hand/wrist", "right_hand/wrist"];
const layout = new Layout({ name: "small", names: NAMES, bones: [], mirror: [[0, 1], [2, 3]] });

const PREPROCESS: Table = {
  layout: "small",
  align: "shoulders",
  sort_hands: true,
  dominant: true,
  clearly: 1.3,
  both_ways: true,
  hide_resting: false,
  longest_gap: 0.25,
  longest_end: 0,
  average_hands: false,
};
const TRIM: Table = { kind: "none", lead: 0.15 };
const FEATURES: Table = {
  blocks: ["wrist_places", "hand_seen"],
  velocities: [1, 2],
  clip: 6,
  preset: "",
  names: [],
  leave_out: [],
  source_metadata: false,
};
const SAMPLING: Table = {
  kind: "variable",
  most: 64,
  least: 8,
  frames_at_unit: 48,
  unit: 1.92,
  power: 0.5,
  per_second: 10,
  frames: 20,
  samples: 0,
  spacing: 1,
  replacement: 0.2,
  include_remaining: true,
  seed: 42,
};

const preprocess = (changes: Table) => new Preprocess(layout, { ...PREPROCESS, ...changes }, TRIM);
const features = (changes: Table) => new FeaturePlan(layout, { ...FEATURES, ...changes });
const sampling = (changes: Table) => new Sampling({ ...SAMPLING, ...changes });

describe("settings", () => {
  it("are taken as they ship", () => {
    preprocess({});
    sampling({});
    expect(features({}).width).toBe(4 * 3 + 2);
  });

  it.each<[string, () => unknown]>([
    ['preprocess.align = "reference"', () => preprocess({ align: "reference" })],
    ["preprocess.average_hands = true", () => preprocess({ average_hands: true })],
    ["preprocess.colour = 3", () => preprocess({ colour: 3 })],
    ['trim.kind = "complex"', () => new Preprocess(layout, PREPROCESS, { kind: "complex" })],
    ["trim.warp = 2", () => new Preprocess(layout, PREPROCESS, { ...TRIM, smoothing: 0.3, warp: 2 })],
    ['features.blocks = "angles"', () => features({ blocks: ["angles"] })],
    ['features.blocks = "constructor"', () => features({ blocks: ["constructor"] })],
    ['features.preset = "isl-408"', () => features({ preset: "isl-408" })],
    ['features.names = ["a*"]', () => features({ names: ["a*"] })],
    ['sampling.kind = "random"', () => sampling({ kind: "random" })],
    ['sampling.tempo = "fast"', () => sampling({ tempo: "fast" })],
  ])("%s is refused by name", (name, make) => {
    expect(make).toThrow(RefusedError);
    expect(make).toThrow(name);
  });

  it("that are missing are named, too", () => {
    const { clip, ...rest } = FEATURES;
    expect(clip).toBe(6);
    expect(() => new FeaturePlan(layout, rest)).toThrow("features.clip is missing");
  });

  it("a landmark that is not there is named", () => {
    expect(() => features({ blocks: ["hand_to_nose"] })).toThrow("layout small has no landmark");
  });
});
