/** Which letter a hand shows, in the browser: `chereme.spell.Speller` for the features `geometry`. */

import * as ort from "onnxruntime-web/wasm";
import { HANDS } from "./body";
import type { Guess } from "./api";
import { RefusedError, type Frame } from "./pipeline";
import { fetchSpec, type Spec } from "./pipeline/spec";
import { softmax } from "./pipeline/numbers";

export type Point = [number, number, number];

const TIPS = [4, 8, 12, 16, 20];
const KNUCKLES = [5, 9, 13, 17];
/** From which point each next one grows. */
const PARENT = [0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19];
const PARENTS = PARENT.map((parent, i) => (i === 9 || i === 13 || i === 17 ? 0 : parent));
const LEAN = [4, 8, 12, 16, 20, 3, 7, 11, 15, 19];
const PAIRS: [number, number][] = [
  ...TIPS.flatMap((a, i) => TIPS.slice(i + 1).map((b): [number, number] => [a, b])),
  ...TIPS.flatMap((tip) => [0, ...KNUCKLES].map((base): [number, number] => [tip, base])),
  ...[6, 7, 10, 11, 14, 15, 18, 19].map((joint): [number, number] => [4, joint]),
  [8, 11], [8, 10], [12, 6], [12, 7], [12, 14],
];
const LEAST = 1e-6;

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a: Point, by: number): Point => [a[0] * by, a[1] * by, a[2] * by];
const dot = (a: Point, b: Point) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const size = (a: Point) => Math.sqrt(dot(a, a));
const flat = (a: Point) => Math.hypot(a[0], a[1]);
const cross = (a: Point, b: Point): Point => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/**
 * The numbers that `chereme.features.hand.hand_geometry` makes of a right hand, in its order.
 *
 * @param hand 21 points in any unit with true proportions.
 */
export function handGeometry(hand: Point[]): Float32Array {
  const wrist = hand[0]!;
  const fromWrist = hand.slice(1).map((point) => minus(point, wrist));
  const reach = Math.max(...fromWrist.map(size)) || Number.MIN_VALUE;
  const reachInPlane = Math.max(...fromWrist.map(flat)) || Number.MIN_VALUE;
  const places = fromWrist.map((point) => times(point, 1 / reach));
  const bones = hand.slice(1).map((point, i) => {
    const bone = times(minus(point, hand[PARENTS[i + 1]!]!), 1 / reach);
    return times(bone, 1 / (size(bone) + LEAST));
  });
  const apart = PAIRS.map(([a, b]) => times(minus(hand[a]!, hand[b]!), 1 / reach));
  const [index, little] = [places[4]!, places[16]!];
  const across = cross(index, little);
  const facing = times(across, 1 / (size(across) + LEAST));
  const width = minus(index, little);
  const joints = PARENTS.flatMap((parent, i) => (parent ? [i] : []));
  return Float32Array.from([
    ...places.flat(),
    ...bones.flat(),
    ...joints.map((joint) => dot(bones[PARENTS[joint]! - 1]!, bones[joint - 1]!)),
    ...LEAN.map((joint) => dot(bones[joint - 1]!, bones[8]!)),
    ...apart.map(size),
    ...facing,
    ...TIPS.flatMap((tip) =>
      KNUCKLES.map((knuckle) => {
        const pair = PAIRS.findIndex(([a, b]) => a === tip && b === knuckle);
        return 2 * dot(apart[pair]!, facing);
      }),
    ),
    ...apart.slice(0, 10).map((pair) => 4 * dot(pair, width)),
    ...fromWrist.flatMap(([x, y]) => [x / reachInPlane, y / reachInPlane]),
    ...PAIRS.map(([a, b]) => flat(minus(hand[a]!, hand[b]!)) / reachInPlane),
  ]);
}

/** The hand that spells: the one held higher; a left one is turned into a right one. */
export function spellingHand(frame: Frame): Point[] | undefined {
  const hands = (["left", "right"] as const).flatMap((side) => {
    const start = HANDS[side];
    const points = Array.from({ length: 21 }, (_, i): Point => {
      const [x, y, z] = frame.points.subarray(3 * (start + i), 3 * (start + i) + 3) as unknown as Point;
      return [side === "left" ? -x : x, y, z];
    });
    return points.some((point) => point.some(Number.isNaN)) ? [] : [points];
  });
  return hands.sort((a, b) => a[9]![1] - b[9]![1])[0];
}

interface SpellerSpec extends Spec {
  /** Letters that are made with a movement, which one picture does not show. */
  moving: string[];
}

/** Letters of one alphabet. */
export class Speller {
  private constructor(
    private readonly spec: SpellerSpec,
    private readonly session: ort.InferenceSession,
  ) {}

  static async load(bundle: string): Promise<Speller> {
    const spec = (await fetchSpec(bundle)) as SpellerSpec;
    if (!Array.isArray(spec.moving)) throw new RefusedError(`${bundle} does not say which of its letters move`);
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(spec.model.href, { executionProviders: ["wasm"], logSeverityLevel: 3 });
    return new Speller(spec, session);
  }

  get labels(): string[] {
    return this.spec.labels;
  }

  moves(letter: string): boolean {
    return this.spec.moving.includes(letter);
  }

  /** Probabilities of the letters that a still hand can show, best first. */
  async rank(hand: Point[]): Promise<Guess[]> {
    const features = handGeometry(hand);
    if (features.length !== this.spec.model.features) {
      throw new RefusedError(`${this.spec.name}: the model reads ${this.spec.model.features} features, ${features.length} are made`);
    }
    const answer = await this.session.run({ features: new ort.Tensor("float32", features, [1, features.length]) });
    const logits = answer[this.session.outputNames[0]!]!.data as Float32Array;
    const still = this.labels.map((letter, i) => (this.moves(letter) ? -Infinity : logits[i]!));
    const shares = softmax(Float32Array.from(still), this.spec.calibration.temperature);
    return this.labels
      .map((gloss, i) => ({ gloss, probability: shares[i]! }))
      .filter(({ gloss }) => !this.moves(gloss))
      .sort((a, b) => b.probability - a.probability);
  }
}

/** What was shown lately: letters come and go from picture to picture, and a letter counts when it is held. */
export class Held {
  private seen: { time: number; guesses: Map<string, number> }[] = [];

  /** @param seconds over which letters are weighed. */
  constructor(private readonly seconds = 0.7) {}

  push(time: number, guesses: Guess[]): void {
    const known = new Map(guesses.map(({ gloss, probability }) => [gloss, probability]));
    this.seen = [...this.seen, { time, guesses: known }].filter((one) => one.time > time - this.seconds);
  }

  clear(): void {
    this.seen = [];
  }

  /** The letter that was held most, and how surely; none before it was seen in a few pictures. */
  get best(): Guess | undefined {
    if (this.seen.length < 2) return undefined;
    const sums = new Map<string, number>();
    for (const { guesses } of this.seen) {
      for (const [gloss, probability] of guesses) sums.set(gloss, (sums.get(gloss) ?? 0) + probability / this.seen.length);
    }
    return [...sums].map(([gloss, probability]) => ({ gloss, probability })).sort((a, b) => b.probability - a.probability)[0];
  }

  /** How surely a letter was held all the while. */
  sure(letter: string): number {
    if (this.seen.length < 2) return 0;
    return this.seen.reduce((sum, { guesses }) => sum + (guesses.get(letter) ?? 0), 0) / this.seen.length;
  }

  /** Seconds that it looks back on by now, as a share of what it wants. */
  get full(): number {
    const first = this.seen[0];
    return first ? Math.min(1, (this.seen.at(-1)!.time - first.time) / (0.7 * this.seconds)) : 0;
  }
}
