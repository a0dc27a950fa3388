import { expect, test } from "vitest";
import { NAMES } from "../src/body";
import { NotTaughtError, read, withExamples, written, type TaughtSign } from "../src/taught-file";

const landmarks = { layout: "body_hands_75", names: NAMES, bones: [], fps: 25, size: [640, 480] as [number, number], points: [NAMES.map(() => null)] };
const sign: TaughtSign = { gloss: "water", space: "asl1700-1", examples: [{ embedding: [0.6, 0.8], landmarks }] };

test("what was written is read again", () => {
  expect(read(written([sign]))).toEqual([sign]);
});

test.each([
  ["text", "words"],
  ["another JSON", "{}"],
  ["a later version", JSON.stringify({ format: "chereme taught signs", version: 2, signs: [] })],
  ["a sign without a name", written([{ ...sign, gloss: " " }])],
  ["a sign without examples", written([{ ...sign, examples: [] }])],
  ["a sign without numbers", written([{ ...sign, examples: [{ embedding: [], landmarks }] }])],
  ["nothing where a sign should be", '{"format":"chereme taught signs","version":1,"signs":[null]}'],
  ["points of another layout", written([{ ...sign, examples: [{ embedding: [1], landmarks: { ...landmarks, points: [[null]] } }] }])],
])("%s is no file of taught signs", (_, text) => {
  expect(() => read(text)).toThrow(NotTaughtError);
});

test("a file that is loaded again adds nothing", () => {
  const other = { embedding: [0.8, 0.6], landmarks };
  expect(withExamples(sign, sign.examples)).toEqual(sign);
  expect(withExamples(sign, [...sign.examples, other]).examples).toEqual([...sign.examples, other]);
});
