/** Blocks of numbers that describe one frame of signing: `chereme.features.blocks`, number for number. */

import type { Layout } from "../layout";
import { POINTS, SIDES, type Clip } from "./clip";

/** A block made ready for one layout. */
export interface Part {
  /** Numbers a frame. */
  width: number;
  /** The numbers of frame t, NaN where nothing was seen. */
  compute: (clip: Clip, t: number) => number[];
}

export interface Block {
  /** A position whose change over time is a feature too. */
  moving: boolean;
  part: (layout: Layout) => Part;
}

const TIPS = [0, 4, 8, 12, 16, 20];
const FINGERS = [1, 5, 9, 13, 17].map((base) => [0, base, base + 1, base + 2, base + 3]);
const TIP_PAIRS = TIPS.flatMap((a, i) => TIPS.slice(i + 1).map((b) => [a, b] as const));
const UPPER_BODY = (
  "nose left_eye right_eye mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist" +
  " right_wrist"
).split(" ");
const MARKS = ["nose", "mouth_left", "left_shoulder", "right_shoulder"];
const HAND_MARKS = ["wrist", "index_finger_tip"];

export const BLOCKS: Readonly<Record<string, Block>> = {
  body_points: {
    moving: true,
    part: (layout) => {
      const joints = body(layout, UPPER_BODY);
      return { width: 2 * joints.length, compute: (clip, t) => joints.flatMap((joint) => place(clip, t, joint)) };
    },
  },
  hand_shape: {
    moving: true,
    part: () => ({
      width: 2 * (POINTS - 1) * 3,
      compute: (clip, t) => [0, 1].flatMap((side) => [...hand(clip, t, side).subarray(3)]),
    }),
  },
  wrist_places: {
    moving: true,
    part: () => ({ width: 4, compute: (clip, t) => [0, 1].flatMap((side) => place(clip, t, clip.wrist(side))) }),
  },
  wrist_paths: {
    moving: false,
    part: () => ({
      width: 4,
      compute: (clip, t) => {
        const [x, y] = clip.wristMiddle();
        return [0, 1].flatMap((side) => {
          const [ownX, ownY] = place(clip, t, clip.wrist(side));
          return [ownX - x, ownY - y];
        });
      },
    }),
  },
  tip_distances: {
    moving: false,
    part: () => ({ width: 2 * TIP_PAIRS.length, compute: (clip, t) => [0, 1].flatMap((side) => tips(hand(clip, t, side))) }),
  },
  finger_bends: {
    moving: false,
    part: () => ({ width: 2 * 15, compute: (clip, t) => [0, 1].flatMap((side) => bends(hand(clip, t, side))) }),
  },
  hands_to_body: {
    moving: false,
    part: (layout) => {
      const hands = layout.indices(SIDES.flatMap((side) => HAND_MARKS.map((point) => `${side}_hand/${point}`)));
      const marks = body(layout, MARKS);
      return {
        width: hands.length * marks.length,
        compute: (clip, t) => hands.flatMap((from) => marks.map((to) => Math.hypot(...between(clip, t, from, to)))),
      };
    },
  },
  hand_to_nose: {
    moving: false,
    part: (layout) => {
      const hands = layout.indices(HAND_MARKS.map((point) => `right_hand/${point}`));
      const nose = body(layout, ["nose"])[0]!;
      return { width: 4, compute: (clip, t) => hands.flatMap((from) => between(clip, t, from, nose)) };
    },
  },
  hand_to_hand: {
    moving: false,
    part: () => ({ width: 2, compute: (clip, t) => between(clip, t, clip.wrist(0), clip.wrist(1)) }),
  },
  hand_seen: {
    moving: false,
    part: () => ({
      width: 2,
      compute: (clip, t) => [0, 1].map((side) => (Number.isNaN(clip.value(t, clip.wrist(side), 0)) ? 0 : 1)),
    }),
  },
};

function body(layout: Layout, points: readonly string[]): number[] {
  const group = layout.groups.has("body") ? "body" : "pose";
  return layout.indices(points.map((point) => `${group}/${point}`));
}

function place(clip: Clip, t: number, joint: number): [number, number] {
  return [clip.value(t, joint, 0), clip.value(t, joint, 1)];
}

/** From one landmark back to another, in the plane of the picture. */
function between(clip: Clip, t: number, from: number, to: number): [number, number] {
  const [[a, b], [c, d]] = [place(clip, t, from), place(clip, t, to)];
  return [a - c, b - d];
}

/** 21 * 3 of one hand, from the wrist, in hand sizes. */
function hand(clip: Clip, t: number, side: number): Float32Array {
  const start = 3 * POINTS * (2 * t + side);
  return clip.hands().subarray(start, start + 3 * POINTS);
}

type Vector = [number, number, number];

function vector(points: Float32Array, from: number, to: number): Vector {
  const [a, b] = [3 * from, 3 * to];
  return [points[b]! - points[a]!, points[b + 1]! - points[a + 1]!, points[b + 2]! - points[a + 2]!];
}

function tips(points: Float32Array): number[] {
  return TIP_PAIRS.map(([a, b]) => Math.hypot(...vector(points, b, a)));
}

/** Cosine of the turn from each bone of a finger to the next. */
function bends(points: Float32Array): number[] {
  return FINGERS.flatMap((finger) => {
    const bones = finger.slice(1).map((joint, i) => vector(points, finger[i]!, joint));
    const lengths = bones.map((bone) => Math.max(Math.hypot(...bone), 1e-4));
    return bones.slice(1).map((bone, i) => {
      const before = bones[i]!;
      const product = bone[0] * before[0] + bone[1] * before[1] + bone[2] * before[2];
      return product / (lengths[i + 1]! * lengths[i]!);
    });
  });
}
