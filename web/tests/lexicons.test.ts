/** The dictionary in reverse, here and by the service; tests/serve/test_page_lookup.py starts the service. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sent } from "../src/body";
import { LocalEncoder } from "../src/pipeline/encoder";
import { Lexicons, type Hit, type LexiconSpec } from "../src/pipeline/lexicons";
import type { Spec } from "../src/pipeline/spec";
import type { Frame } from "../src/pipeline/types";

interface Asked {
  url: string;
  model: string;
  clips: { name: string; fps: number; size: [number, number]; points: (number | null)[][] }[];
}

const path = process.env["CHEREME_LOOKED_UP"];
const asked: Asked = path ? (JSON.parse(readFileSync(path, "utf8")) as Asked) : { url: "", model: "", clips: [] };

async function json<T>(address: string, body?: unknown): Promise<T> {
  const given = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${asked.url}/api/v1/${address}`, body ? given : {});
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

const opened = path
  ? Promise.all([
      json<{ lexicons: LexiconSpec[] }>("lexicon/embeddings"),
      json<Spec>("bundles/asl1700/spec.json").then((spec) => LocalEncoder.open(spec, new Uint8Array(readFileSync(asked.model)))),
    ])
  : undefined;

it.skipIf(path)("is asked for by tests/serve/test_page_lookup.py", () => expect(asked.clips).toEqual([]));

describe.each(asked.clips)("$name", ({ fps, size, points }) => {
  const frames: Frame[] = points.map((row, i) => ({ points: Float32Array.from(row, (x) => x ?? NaN), time: i / fps }));

  it("is found as the service finds it", { timeout: 60_000 }, async () => {
    const [{ lexicons }, encoder] = await opened!;
    const here = await new Lexicons(lexicons).search(async () => encoder, frames, size, 8);
    const there = await json<{ entries: Hit[]; unknown: boolean }>("lexicon/search", { landmarks: sent(frames, size), top: 8 });
    expect(here.entries.map((one) => one.id)).toEqual(there.entries.map((one) => one.id));
    expect(here.unknown).toBe(there.unknown);
    here.entries.forEach(({ score, ...named }, i) => {
      const { score: other, ...same } = there.entries[i]!;
      expect(named).toEqual(same);
      expect(Math.abs(score - other)).toBeLessThanOrEqual(1e-3);
    });
  });
});

const name = { gloss: "water", language: "ins", variant: "", sense: "" };
const spec: LexiconSpec = { lexicon: "own", encoder: "small", space: "a", signs: [name], sign_of: [0, 0], entries: [7, 9], embeddings: "" };
spec.embeddings = Buffer.from(Float32Array.from([1, 0, 0, 1]).buffer).toString("base64");
const calibration = { temperature: 1, unknown_below: 0, unknown_beyond: 0, similarity_temperature: 1, unknown_similarity: 0.5 };
const looks = (space: string) => async () => ({ space, calibration, embed: async () => Float32Array.from([0.6, 0.8]) });

it("names the nearest of a sign's examples", async () => {
  const { entries, unknown } = await new Lexicons([spec]).search(looks("a"), [], [4, 3], 5);
  expect(entries).toEqual([{ ...name, id: "own.9", lexicon: "own", score: expect.closeTo((0.8 + 1.4 / Math.SQRT2) / 2, 6) }]);
  expect(unknown).toBe(false);
});

it("does not compare what lies in another space, or with nothing", async () => {
  await expect(new Lexicons([spec]).search(looks("b"), [], [4, 3], 5)).rejects.toThrow("own: its signs lie in a, clips of small in b");
  const empty = { ...spec, signs: [], sign_of: [], entries: [], embeddings: "" };
  await expect(new Lexicons([empty]).search(looks("a"), [], [4, 3], 5)).rejects.toThrow("no sign to compare with");
});
