import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { handGeometry, Held, spellingHand, type Point } from "../src/letters";
import type { Frame } from "../src/pipeline/types";

const golden = process.env["CHEREME_GOLDEN_HANDS"];

test.skipIf(!golden)("numbers of hands are those of Python", () => {
  const { hands, features } = JSON.parse(readFileSync(golden!, "utf8")) as { hands: Point[][]; features: number[][] };
  hands.forEach((hand, i) => {
    const made = handGeometry(hand);
    expect(made.length).toBe(features[i]!.length);
    features[i]!.forEach((value, at) => expect(made[at], `feature ${at} of hand ${i}`).toBeCloseTo(value, 4));
  });
});

function frame(place: (side: "left" | "right", i: number) => Point | undefined): Frame {
  const points = new Float32Array(75 * 3).fill(NaN);
  for (const [side, start] of [["left", 33], ["right", 54]] as const) {
    for (let i = 0; i < 21; i += 1) {
      const point = place(side, i);
      if (point) points.set(point, 3 * (start + i));
    }
  }
  return { points, time: 0 };
}

describe("the hand that spells", () => {
  test("is the one held higher, a left one turned to a right one", () => {
    const both = frame((side, i) => [i, side === "left" ? 0.25 : 0.75, 0]);
    expect(spellingHand(both)![3]).toEqual([-3, 0.25, 0]);
  });
  test("is none when no hand is whole", () => {
    expect(spellingHand(frame((_, i) => (i < 20 ? [0, 0, 0] : undefined)))).toBeUndefined();
  });
});

test("a letter counts when it is held, not when it flits by", () => {
  const held = new Held(0.7);
  const show = (time: number, letter: string) => held.push(time, [{ gloss: letter, probability: 1 }]);
  show(0, "A");
  expect(held.best).toBeUndefined();
  for (const time of [0.1, 0.2, 0.3]) show(time, "A");
  show(0.4, "B");
  expect(held.best!.gloss).toBe("A");
  expect(held.sure("B")).toBeCloseTo(0.2);
  expect(held.full).toBeLessThan(1);
  for (const time of [0.5, 0.6, 0.7, 0.8]) show(time, "A");
  expect(held.full).toBe(1);
  expect(held.sure("A")).toBeGreaterThan(0.8);
});
