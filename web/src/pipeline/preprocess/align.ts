import type { Layout } from "../layout";
import { median } from "../numbers";
import { at, frameCount, type Sequence } from "../sequence";

type Point = [number, number, number];

/** A palm, wrist to middle knuckle, in shoulder widths. */
const PALM = 0.22;

/**
 * Put the middle of the shoulders at the origin and make the shoulders one unit apart; both are medians over the clip.
 *
 * Points come out in shoulder widths: unchanged, but centred on what was seen, where the shoulders never were.
 */
export function alignBody(sequence: Sequence): Sequence {
  const body = bodyGroup(sequence.layout);
  const left = sequence.layout.index(`${body}/left_shoulder`);
  const right = sequence.layout.index(`${body}/right_shoulder`);
  const middles: Point[] = [];
  const widths: number[] = [];
  for (let t = 0; t < frameCount(sequence); t++) {
    const [a, b] = [pointAt(sequence, t, left), pointAt(sequence, t, right)];
    if (Number.isNaN(a[0] + b[0])) continue;
    middles.push([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2]);
    widths.push(Math.hypot(a[0] - b[0], a[1] - b[1]));
  }
  if (!middles.length) return scaled(sequence, medianPoint(allSeen(sequence)), 1);
  const width = median(widths);
  return scaled(sequence, medianPoint(middles), width > 1e-4 ? width : 1);
}

/**
 * The same for landmarks of hands alone: the unit comes from the palms, the origin is the middle of the wrists' places.
 *
 * @param inPicture the origin is the middle of the picture instead: then the height of a hand says whether it is at
 *     the face or the chest.
 */
export function alignHands(sequence: Sequence, inPicture: boolean): Sequence {
  const wrists: Point[] = [];
  const palms: number[] = [];
  for (const side of ["left", "right"]) {
    const [wrist, knuckle] = sequence.layout.indices([`${side}_hand/wrist`, `${side}_hand/middle_finger_mcp`]);
    for (let t = 0; t < frameCount(sequence); t++) {
      const [a, b] = [pointAt(sequence, t, wrist!), pointAt(sequence, t, knuckle!)];
      if (Number.isNaN(a[0])) continue;
      wrists.push(a);
      palms.push(Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]));
    }
  }
  if (!wrists.length) return sequence;
  const palm = median(palms);
  const [x, y] = inPicture ? [sequence.size[0] / sequence.size[1] / 2, 0.5] : medianPoint(wrists);
  return scaled(sequence, [x, y, 0], palm > 1e-5 ? palm / PALM : 1);
}

/** Mirror an aligned clip whose left hand moves clearly more, so that the leading hand is always the right. */
export function mirrorToDominant(sequence: Sequence, clearly: number): Sequence {
  return path(sequence, "left") <= clearly * path(sequence, "right") ? sequence : turnedRound(sequence);
}

/** Whether `mirrorToDominant` would leave both the aligned clip and its mirror image as they are. */
export function eitherHandLeads(sequence: Sequence, clearly: number): boolean {
  const [left, right] = [path(sequence, "left"), path(sequence, "right")];
  return left <= clearly * right && right <= clearly * left;
}

/** The mirror image of an aligned clip: about the middle of the body. */
export function turnedRound(sequence: Sequence): Sequence {
  const points = new Float32Array(sequence.points.length);
  for (let t = 0; t < frameCount(sequence); t++) {
    sequence.layout.mirrored.forEach((from, to) => {
      const [x, y, z] = pointAt(sequence, t, from);
      points.set([-x, y, z], at(sequence, t, to));
    });
  }
  return { ...sequence, points };
}

/** Length of a wrist's path; without a body, the hand's presence counts a little too. */
function path(sequence: Sequence, side: "left" | "right"): number {
  const { layout } = sequence;
  const body = `${bodyGroup(layout)}/${side}_wrist`;
  const hasBody = layout.has(body);
  const joint = layout.index(hasBody ? body : `${side}_hand/wrist`);
  let before: Point | undefined;
  let length = 0;
  let seen = 0;
  for (let t = 0; t < frameCount(sequence); t++) {
    const now = pointAt(sequence, t, joint);
    if (Number.isNaN(now[0])) continue;
    if (before) length += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    before = now;
    seen += 1;
  }
  return hasBody ? length : length + 0.1 * seen;
}

/** Name of the group that holds shoulders and arms, in the layouts that have one. */
export function bodyGroup(layout: Layout): string {
  return layout.groups.has("body") ? "body" : "pose";
}

function pointAt(sequence: Sequence, t: number, joint: number): Point {
  const place = at(sequence, t, joint);
  const { points } = sequence;
  return [points[place]!, points[place + 1]!, points[place + 2]!];
}

function allSeen(sequence: Sequence): Point[] {
  const found: Point[] = [];
  for (let t = 0; t < frameCount(sequence); t++) {
    for (let joint = 0; joint < sequence.layout.length; joint++) {
      const point = pointAt(sequence, t, joint);
      if (!Number.isNaN(point[0])) found.push(point);
    }
  }
  return found;
}

function medianPoint(points: Point[]): Point {
  if (!points.length) return [0, 0, 0];
  return [median(points.map((p) => p[0])), median(points.map((p) => p[1])), median(points.map((p) => p[2]))];
}

function scaled(sequence: Sequence, origin: Point, unit: number): Sequence {
  const points = sequence.points.map((value, i) => (value - origin[i % 3]!) / unit);
  return { ...sequence, points };
}
