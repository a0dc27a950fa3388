/** The landmarks that the tracker finds: `body_hands_75` of the Python package. */

import type { SentLandmarks } from "./api";
import type { Frame } from "./pipeline/types";

const POSE =
  "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear mouth_left" +
  " mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_pinky right_pinky" +
  " left_index right_index left_thumb right_thumb left_hip right_hip left_knee right_knee left_ankle right_ankle" +
  " left_heel right_heel left_foot_index right_foot_index";
const FINGERS: [string, string][] = [
  ["thumb", "cmc mcp ip tip"],
  ["index_finger", "mcp pip dip tip"],
  ["middle_finger", "mcp pip dip tip"],
  ["ring_finger", "mcp pip dip tip"],
  ["pinky", "mcp pip dip tip"],
];

export const HAND_POINTS = ["wrist", ...FINGERS.flatMap(([finger, joints]) => joints.split(" ").map((j) => `${finger}_${j}`))];

export const LAYOUT = "body_hands_75";
export const NAMES = [
  ...POSE.split(" ").map((name) => `pose/${name}`),
  ...["left_hand", "right_hand"].flatMap((hand) => HAND_POINTS.map((name) => `${hand}/${name}`)),
];

export const HANDS = { left: 33, right: 54 } as const;
export const HAND_BONES: [number, number][] = [
  [0, 1], [1, 2], [2, 3], [3, 4], [0, 5], [5, 6], [6, 7], [7, 8], [5, 9], [9, 10], [10, 11], [11, 12],
  [9, 13], [13, 14], [14, 15], [15, 16], [13, 17], [17, 18], [18, 19], [19, 20], [0, 17],
];
const BODY_BONES: [number, number][] = [[11, 12], [11, 13], [13, 15], [12, 14], [14, 16], [11, 23], [12, 24], [23, 24]];

/** To draw as lines; a face is not a few lines, and legs are guesses below the picture's edge. */
export const BONES: [number, number][] = [
  ...BODY_BONES,
  ...Object.values(HANDS).flatMap((start) => HAND_BONES.map(([a, b]): [number, number] => [start + a, start + b])),
];

/** Points as lists, x and y only, null where nothing was seen. */
export function pointsOf(frame: Frame): (number[] | null)[] {
  return NAMES.map((_, i) => {
    const x = frame.points[3 * i]!;
    const y = frame.points[3 * i + 1]!;
    return Number.isNaN(x) || Number.isNaN(y) ? null : [x, y];
  });
}

/** What was seen, in the form that the service takes; z goes along where it is known. */
export function sent(frames: Frame[], size: [number, number]): SentLandmarks {
  const lasted = frames.length > 1 ? frames.at(-1)!.time - frames[0]!.time : 0;
  return {
    layout: LAYOUT,
    size,
    fps: lasted > 0 ? Math.min(120, Math.max(1, (frames.length - 1) / lasted)) : 25,
    points: frames.map((frame) =>
      pointsOf(frame).map((point, i) => {
        const z = frame.points[3 * i + 2]!;
        return point && [...point, Number.isNaN(z) ? 0 : z];
      }),
    ),
  };
}

export function handSeen(frame: Frame, hand: "left" | "right"): boolean {
  return !Number.isNaN(frame.points[3 * HANDS[hand]]!);
}
