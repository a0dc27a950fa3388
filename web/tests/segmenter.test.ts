/** A made-up signer at a desk: what is cut out as a sign, and what is not. */

import { describe, expect, it } from "vitest";
import { Segmenter } from "../src/pipeline/segmenter";
import type { Frame } from "../src/pipeline/types";

/** Where the right wrist is, in picture heights, and whether its hand is seen; the left one rests throughout. */
type Pose = (time: number) => { x: number; y: number; hand: boolean };

const REST = { x: 0.7, y: 0.9, hand: false };
const SHOULDERS = 0.25; // wide, in picture heights

/** Rests from 0 to 1 s, goes up, draws a circle and is down again at 3 s. */
const signs: Pose = (time) => {
  if (time < 1 || time > 3) return REST;
  const raised = Math.sin((Math.PI * (time - 1)) / 2) ** 0.5;
  const turn = 2 * Math.PI * time;
  return { x: 0.7 + 0.06 * Math.sin(turn), y: 0.9 - 0.45 * raised + 0.06 * Math.cos(turn) * raised, hand: raised > 0.3 };
};

/** The same numbers each time, in the place of chance. */
function trembling(): () => number {
  let state = 1;
  return () => {
    state = (state * 16807) % 2147483647;
    return (state / 2147483647 - 0.5) * 0.008;
  };
}

function film(pose: Pose, seconds: number, fps = 25): Frame[] {
  const tremble = trembling();
  return Array.from({ length: Math.round(seconds * fps) }, (_, i) => {
    const time = i / fps;
    const points = new Float32Array(225).fill(NaN);
    const put = (joint: number, x: number, y: number) => points.set([x + tremble(), y + tremble(), 0], 3 * joint);
    put(11, 0.89 + SHOULDERS / 2, 0.4);
    put(12, 0.89 - SHOULDERS / 2, 0.4);
    put(15, 1.05, 0.9);
    const { x, y, hand } = pose(time);
    put(16, x, y);
    if (hand) put(54, x, y);
    return { points, time };
  });
}

function cut(frames: Frame[], segmenter = new Segmenter()): Frame[][] {
  return frames.map((frame) => segmenter.push(frame)).filter((sign) => sign !== null);
}

describe("Segmenter", () => {
  it.each([6, 12.5, 30])("cuts one sign out of its rests, at %d frames a second", (fps) => {
    const found = cut(film(signs, 5, fps));
    expect(found).toHaveLength(1);
    const times = found[0]!.map(({ time }) => time);
    expect(times[0]).toBeGreaterThan(0.4);
    expect(times[0]).toBeLessThan(1.1);
    expect(times[times.length - 1]).toBeGreaterThan(2.6);
    expect(times[times.length - 1]).toBeLessThan(3.6);
  });

  it("gives a sign soon after the hands have come to rest", () => {
    const segmenter = new Segmenter();
    const ended = film(signs, 5).find((frame) => segmenter.push(frame) !== null);
    expect(ended!.time).toBeLessThan(3.9);
  });

  it("gives several signs one by one", () => {
    const found = cut(film((time) => signs(time % 4), 12));
    expect(found).toHaveLength(3);
  });

  it.each<[string, Pose]>([
    ["nobody moves", () => REST],
    ["a hand is held up and still", () => ({ x: 0.7, y: 0.5, hand: true })],
    ["a finger twitches", (time) => ({ ...REST, hand: true, x: 0.7 + (time % 1 < 0.1 ? 0.03 : 0) })],
    ["an arm moves whose hand is never seen", (time) => ({ ...signs(time), hand: false })],
    ["nobody is there", () => ({ x: NaN, y: NaN, hand: false })],
  ])("is quiet while %s", (_, pose) => {
    const segmenter = new Segmenter();
    expect(cut(film(pose, 5), segmenter)).toEqual([]);
    expect(segmenter.flush()).toBeNull();
  });

  it("says that somebody signs", () => {
    const segmenter = new Segmenter();
    const states = film(signs, 5).map((frame) => (segmenter.push(frame), segmenter.signing));
    expect([states[10], states[50], states[120]]).toEqual([false, true, false]);
  });

  it("gives what is under way at the end of a film", () => {
    const segmenter = new Segmenter();
    expect(cut(film(signs, 2.5), segmenter)).toEqual([]);
    expect(segmenter.flush()!.length).toBeGreaterThan(25);
    expect(segmenter.flush()).toBeNull();
  });

  it("cuts what never ends", () => {
    const endless: Pose = (time) => ({ x: 0.7 + 0.1 * Math.sin(6 * time), y: 0.5, hand: true });
    const found = cut(film(endless, 14), new Segmenter({ longest: 4 }));
    expect(found.length).toBeGreaterThanOrEqual(2);
    for (const sign of found) expect(sign[sign.length - 1]!.time - sign[0]!.time).toBeLessThan(5);
  });

  it("begins anew when time jumps back", () => {
    const segmenter = new Segmenter();
    cut(film(signs, 2), segmenter);
    expect(segmenter.signing).toBe(true);
    segmenter.push(film(signs, 1)[0]!);
    expect(segmenter.signing).toBe(false);
  });
});
