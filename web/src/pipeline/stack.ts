/**
 * Where the processor's stack lies, which a page cannot say but can move.
 *
 * V8 aligns the stack to 8 bytes. What WebAssembly keeps there of its 16-byte registers then either never crosses a
 * cache line or does so every fourth time, and the landmark engine, whose innermost loops keep a lot there, takes 1.8
 * times as long. Which of the two it is depends on every function that called it, and changes when V8 compiles one of
 * them anew, about 33 pictures after the start. One argument more in a call moves the stack by 8 bytes.
 */

import { median } from "./numbers";

/** Calls that are compared at a time; their median ignores one that something else held up. */
const SOME = 3;
/** The first calls are slower, since their code is still being compiled. */
const WARM = 3;
/** The present way has become slow when it takes so many times as long as it used to. */
const SLOWER = 1.3;
/** Calls before the other way is tried again, where it was no better: then the device is busy. */
const LATER = 150;

/** Calls a function either way, and keeps to the one that is quicker. */
export class QuickerStack<Given extends unknown[], Answer> {
  private more: readonly unknown[] = [];
  private calls = 0;
  /** Milliseconds of the latest calls, all of them made in the same way. */
  private taken: number[] = [];
  /** What a call takes when all is well. */
  private usual = 0;
  /** While the other way is tried: what a call took in the one that was left. */
  private left: number | undefined;
  private patience = 0;

  /**
   * @param work is slow, and does not look at how many arguments it gets.
   * @param clock milliseconds.
   */
  constructor(
    private readonly work: (...given: Given) => Answer,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  call(...given: Given): Answer {
    const begun = this.clock();
    // a list whose length is not known beforehand keeps V8 from making one function of the two
    const answer = this.work.apply(undefined, [...given, ...this.more] as unknown as Given);
    this.took(this.clock() - begun);
    return answer;
  }

  private took(milliseconds: number): void {
    this.calls += 1;
    if (this.calls <= WARM) return;
    this.taken = [...this.taken, milliseconds].slice(-SOME);
    if (this.taken.length < SOME) return;
    const now = median(this.taken);
    if (this.left === undefined) {
      if (this.calls > this.patience && now > SLOWER * this.usual) this.turn(now);
      else this.usual = Math.min(this.usual, now);
      return;
    }
    this.usual = Math.min(now, this.left);
    if (now > this.left) {
      this.turn();
      this.patience = this.calls + LATER;
    }
    this.left = undefined;
  }

  private turn(left?: number): void {
    this.left = left;
    this.more = this.more.length ? [] : [0];
    this.taken = [];
  }
}
