import { median } from "./numbers";
import type { Frame } from "./types";

/** When hands move and when they rest: in seconds, and in shoulder widths per second. */
export interface Rest {
  /** A sign begins when a wrist is faster than this. */
  moving: number;
  /** It ends when both wrists have been slower than this… */
  resting: number;
  /** …for so long. */
  pause: number;
  /** Kept of the frames before a sign began. */
  lead: number;
  /** What is shorter is no sign, */
  shortest: number;
  /** nor is what moves a wrist by less than this, in shoulder widths. */
  reach: number;
  /** A sign that goes on for longer is cut here. */
  longest: number;
}

const USUAL: Rest = { moving: 0.9, resting: 0.4, pause: 0.5, lead: 0.25, shortest: 0.5, reach: 0.35, longest: 6 };

/** Landmarks of `body_hands_75`. */
const SHOULDERS = [11, 12] as const;
const WRISTS = [15, 16] as const;
const HANDS = [33, 54] as const;
/** Frames whose median is the width of the shoulders. */
const WIDTHS = 31;
/** Seconds over which a wrist's speed is taken: shorter, and the tracker's trembling counts as motion. */
const SPAN = 0.2;

/** Cuts what a camera shows into signs: a sign lies between two moments in which the hands rest. */
export class Segmenter {
  private readonly rest: Rest;
  private frames: Frame[] = [];
  private widths: number[] = [];
  /** When the sign that is under way began and when the hands last moved; undefined while they rest. */
  private begun: { at: number; moved: number } | undefined;

  constructor(rest: Partial<Rest> = {}) {
    this.rest = { ...USUAL, ...rest };
  }

  /** Whether somebody signs just now. */
  get signing(): boolean {
    return this.begun !== undefined;
  }

  /**
   * Take the next frame.
   *
   * @returns the frames of a sign when it has come to its end; null all the while before, and when nobody signs.
   */
  push(frame: Frame): Frame[] | null {
    const before = this.frames[this.frames.length - 1];
    if (before && frame.time <= before.time) this.clear();
    this.frames.push(frame);
    this.widths = [...this.widths, shoulderWidth(frame)].filter((width) => width > 0).slice(-WIDTHS);
    const speed = this.speed();
    if (!this.begun) {
      this.frames = this.frames.filter(({ time }) => time >= frame.time - Math.max(this.rest.lead, SPAN) - SPAN);
      if (speed > this.rest.moving) this.begun = { at: frame.time, moved: frame.time };
      return null;
    }
    if (speed > this.rest.resting) this.begun.moved = frame.time;
    const rested = frame.time - this.begun.moved >= this.rest.pause;
    const cut = frame.time - this.begun.at >= this.rest.longest;
    return rested || cut ? this.finish() : null;
  }

  /** What is under way when no more frames come, as at the end of a film. */
  flush(): Frame[] | null {
    return this.begun ? this.finish() : null;
  }

  clear(): void {
    this.frames = [];
    this.begun = undefined;
  }

  private finish(): Frame[] | null {
    const { at, moved } = this.begun!;
    const { lead, shortest, reach } = this.rest;
    const sign = this.frames.filter(({ time }) => time >= at - SPAN - lead && time <= moved + lead);
    this.clear();
    const width = this.width();
    const far = WRISTS.some((wrist) => extent(sign, wrist) > reach * width);
    return moved - at + SPAN >= shortest && far && sign.some(showsHand) ? sign : null;
  }

  private width(): number {
    return this.widths.length ? median(this.widths) : 0.25;
  }

  /** Of the faster wrist, in shoulder widths per second. */
  private speed(): number {
    const now = this.frames[this.frames.length - 1]!;
    const before = this.frames.findLast(({ time }) => time <= now.time - SPAN) ?? this.frames[0]!;
    if (before === now) return 0;
    const seconds = now.time - before.time;
    const apart = WRISTS.map((wrist) => distance(place(now, wrist), place(before, wrist)) || 0);
    return Math.max(...apart) / seconds / this.width();
  }
}

type Place = [number, number];

function place({ points }: Frame, joint: number): Place {
  return [points[3 * joint]!, points[3 * joint + 1]!];
}

function distance(a: Place, b: Place): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function shoulderWidth(frame: Frame): number {
  return distance(place(frame, SHOULDERS[0]), place(frame, SHOULDERS[1]));
}

/** How far a wrist gets from where it began. */
function extent(frames: readonly Frame[], wrist: number): number {
  const seen = frames.map((frame) => place(frame, wrist)).filter(([x]) => !Number.isNaN(x));
  return seen.reduce((most, here) => Math.max(most, distance(here, seen[0]!)), 0);
}

function showsHand(frame: Frame): boolean {
  return HANDS.some((wrist) => !Number.isNaN(frame.points[3 * wrist]!));
}
