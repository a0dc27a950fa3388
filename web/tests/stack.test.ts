import { expect, it } from "vitest";
import { QuickerStack } from "../src/pipeline/stack";

/** A device on which calls take as long as `cost` says of the call's number and of its arguments; how long each took. */
function run(calls: number, cost: (call: number, even: boolean) => number): number[] {
  let now = 0;
  let call = 0;
  const taken: number[] = [];
  const work = (...given: number[]) => {
    taken.push(cost(call, given.length % 2 === 0));
    now += taken[call++]!;
    return given[0]! * 2;
  };
  const stack = new QuickerStack<[number], number>(work, () => now);
  for (let i = 0; i < calls; i++) expect(stack.call(i)).toBe(2 * i);
  return taken;
}

const count = (taken: number[], slow: number) => taken.filter((milliseconds) => milliseconds >= slow).length;

it.each([true, false])("finds out which way is quicker, and keeps to it", (even) => {
  const taken = run(300, (_, is) => (is === even ? 180 : 100));
  expect(count(taken, 180)).toBeLessThan(10);
  expect(count(taken.slice(20), 180)).toBe(0);
});

it("turns round when the stack comes to lie otherwise", () => {
  const taken = run(300, (call, even) => (even === call > 33 ? 180 : 100));
  expect(count(taken.slice(20), 180)).toBeLessThan(5);
  expect(count(taken.slice(45), 180)).toBe(0);
});

it("does not mind a call that something else held up", () => {
  const taken = run(300, (call, even) => (even ? 180 : 100) + (call % 7 === 0 ? 400 : 0));
  expect(taken.slice(20).filter((_, i) => (i + 20) % 7 && taken[i + 20]! >= 180)).toEqual([]);
});

it("does not try the other way again and again while the device is busy", () => {
  const taken = run(500, (call, even) => (even ? 1.8 : 1) * (call < 50 ? 100 : 250));
  expect(count(taken.slice(60), 400)).toBeLessThan(10);
});
