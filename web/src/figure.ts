/** A calm drawn person who makes the signs of a production. The left cuff is amber, the right one teal. */

import type { Landmarks } from "./api";
import { HAND_POINTS } from "./body";
import { COLOURS, sharpen, type Points } from "./skeleton";

interface Point {
  x: number;
  y: number;
}

const SKIN = "#d9a27e";
const SKIN_LINE = "#8a5638";
const SHIRT = "#3d4a78";
const SHIRT_LINE = "#28325a";
const HAIR = "#2e2430";
const FINGERS = [
  [17, 18, 19, 20],
  [13, 14, 15, 16],
  [9, 10, 11, 12],
  [5, 6, 7, 8],
  [1, 2, 3, 4],
];
/** Widths of a finger's joints from its base, in shares of the palm. */
const THICK = [0.27, 0.24, 0.21, 0.17];
const PALM = [0, 1, 5, 9, 13, 17];

/** Which part of the picture the signer needs, over all frames: drawn as large as the canvas allows. */
interface Extent {
  left: number;
  top: number;
  width: number;
  height: number;
}

export class Figure {
  private readonly at: Map<string, number>;
  private readonly extent: Extent;
  private readonly shoulders: number;

  constructor(private readonly landmarks: Landmarks) {
    this.at = new Map(landmarks.names.map((name, i) => [name, i]));
    const widths = landmarks.points.flatMap((points) => {
      const [left, right] = [this.find(points, "pose/left_shoulder"), this.find(points, "pose/right_shoulder")];
      return left && right ? [Math.hypot(left.x - right.x, left.y - right.y)] : [];
    });
    widths.sort((a, b) => a - b);
    this.shoulders = widths[Math.floor(widths.length / 2)] ?? 0.3;
    this.extent = this.reach();
  }

  get frames(): number {
    return this.landmarks.points.length;
  }

  /** Paint the frame at a time in seconds, between two frames where it lies between them. */
  draw(canvas: HTMLCanvasElement, seconds: number): void {
    sharpen(canvas);
    const pen = canvas.getContext("2d")!;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const points = between(this.landmarks.points, seconds * this.landmarks.fps);
    const { extent } = this;
    const scale = Math.min(canvas.width / extent.width, canvas.height / extent.height);
    const x = (canvas.width - extent.width * scale) / 2 - extent.left * scale;
    const y = canvas.height - (extent.top + extent.height) * scale; // stands on the lower edge
    pen.save();
    pen.setTransform(scale, 0, 0, scale, x, y);
    pen.lineJoin = "round";
    pen.lineCap = "round";
    this.person(pen, points, (canvas.height - y) / scale);
    pen.restore();
  }

  private find(points: Points, name: string): Point | undefined {
    const i = this.at.get(name);
    const point = i === undefined ? undefined : points[i];
    return point ? { x: point[0]!, y: point[1]! } : undefined;
  }

  private reach(): Extent {
    const low = { x: Infinity, y: Infinity };
    const high = { x: -Infinity, y: -Infinity };
    const take = (x: number, y: number) => {
      [low.x, low.y] = [Math.min(low.x, x), Math.min(low.y, y)];
      [high.x, high.y] = [Math.max(high.x, x), Math.max(high.y, y)];
    };
    const unit = this.shoulders;
    let chest = -Infinity;
    for (const points of this.landmarks.points) {
      this.landmarks.names.forEach((name, i) => {
        const point = points[i];
        if (point && (name.includes("hand/") || /wrist|elbow|shoulder/.test(name))) take(point[0]!, point[1]!);
      });
      const nose = this.find(points, "pose/nose");
      if (nose) take(nose.x, nose.y - 0.62 * unit);
      const [left, right] = [this.find(points, "pose/left_shoulder"), this.find(points, "pose/right_shoulder")];
      if (left && right) chest = Math.max(chest, (left.y + right.y) / 2);
    }
    if (!Number.isFinite(low.x)) return { left: 0, top: 0, width: 1, height: 1 };
    const margin = 0.25 * unit;
    // hands at rest hang low; the waist is enough of a body all the same
    const foot = Math.max(chest + 1.5 * unit, Math.min(high.y, chest + 1.75 * unit));
    const middle = (low.x + high.x) / 2;
    const half = Math.max(high.x - low.x, 1.7 * unit) / 2 + margin;
    return { left: middle - half, top: low.y - margin, width: 2 * half, height: foot - low.y + margin };
  }

  private person(pen: CanvasRenderingContext2D, points: Points, floor: number): void {
    const unit = this.shoulders;
    const of = (name: string) => this.find(points, `pose/${name}`);
    const [left, right] = [of("left_shoulder"), of("right_shoulder")];
    if (left && right) {
      this.headAndBody(pen, left, right, of("nose") ?? { x: (left.x + right.x) / 2, y: left.y - 0.6 * unit }, of("left_ear"), of("right_ear"), floor);
    }
    for (const side of ["left", "right"] as const) {
      const hand = this.hand(points, side);
      const wrist = hand?.[0] ?? of(`${side}_wrist`);
      this.arm(pen, of(`${side}_shoulder`), of(`${side}_elbow`), wrist, COLOURS[side]);
    }
    // hands in front of everything: they are what is read
    for (const side of ["left", "right"] as const) {
      const hand = this.hand(points, side);
      if (hand) this.fingers(pen, hand);
    }
  }

  private hand(points: Points, side: "left" | "right"): Point[] | undefined {
    const found = HAND_POINTS.map((name) => this.find(points, `${side}_hand/${name}`));
    return found.every((point) => point !== undefined) ? found : undefined;
  }

  private torso(pen: CanvasRenderingContext2D, left: Point, right: Point, floor: number): void {
    const unit = this.shoulders;
    const neck = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 - 0.24 * unit };
    const bottom = floor + 0.2 * unit;
    const waist = 0.45 * unit;
    const outer = 0.13 * unit;
    const [a, b] = left.x < right.x ? [left, right] : [right, left]; // from the picture's left to its right
    pen.beginPath();
    pen.moveTo(neck.x - 0.17 * unit, neck.y);
    pen.bezierCurveTo(neck.x - 0.22 * unit, neck.y + 0.11 * unit, a.x - 0.05 * unit, a.y - 0.2 * unit, a.x - outer, a.y + 0.06 * unit);
    pen.quadraticCurveTo(a.x - 0.5 * outer, a.y + 0.55 * unit, neck.x - waist, a.y + 1.1 * unit);
    pen.lineTo(neck.x - waist - 0.04 * unit, bottom);
    pen.lineTo(neck.x + waist + 0.04 * unit, bottom);
    pen.lineTo(neck.x + waist, b.y + 1.1 * unit);
    pen.quadraticCurveTo(b.x + 0.5 * outer, b.y + 0.55 * unit, b.x + outer, b.y + 0.06 * unit);
    pen.bezierCurveTo(b.x + 0.05 * unit, b.y - 0.2 * unit, neck.x + 0.22 * unit, neck.y + 0.11 * unit, neck.x + 0.17 * unit, neck.y);
    pen.quadraticCurveTo(neck.x, neck.y + 0.14 * unit, neck.x - 0.17 * unit, neck.y);
    pen.closePath();
    pen.fillStyle = SHIRT;
    pen.fill();
    pen.strokeStyle = SHIRT_LINE;
    pen.lineWidth = 0.018 * unit;
    pen.stroke();
  }

  private headAndBody(
    pen: CanvasRenderingContext2D,
    left: Point,
    right: Point,
    nose: Point,
    ear: Point | undefined,
    otherEar: Point | undefined,
    floor: number,
  ): void {
    const unit = this.shoulders;
    const chest = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
    const [wide, tall] = [0.29 * unit, 0.4 * unit];
    const middle = ear && otherEar ? { x: (ear.x + otherEar.x + 2 * nose.x) / 4, y: nose.y - 0.05 * unit } : nose;
    capsule(pen, { x: chest.x, y: chest.y - 0.16 * unit }, { x: middle.x, y: middle.y + 0.2 * unit }, 0.15 * unit, 0.13 * unit);
    pen.fillStyle = "#c98f6b";
    pen.fill();
    this.torso(pen, left, right, floor);
    // hair behind, face, fringe
    pen.beginPath();
    pen.ellipse(middle.x, middle.y - 0.05 * unit, wide * 1.14, tall * 1.06, 0, 0, 2 * Math.PI);
    pen.fillStyle = HAIR;
    pen.fill();
    pen.beginPath();
    pen.ellipse(middle.x, middle.y + 0.03 * unit, wide, tall * 0.96, 0, 0, 2 * Math.PI);
    pen.fillStyle = SKIN;
    pen.fill();
    pen.beginPath();
    pen.ellipse(middle.x, middle.y - 0.12 * unit, wide * 1.03, tall * 0.72, 0, Math.PI * 1.06, Math.PI * 1.94);
    pen.quadraticCurveTo(middle.x + 0.05 * unit, middle.y - 0.34 * unit, middle.x - wide, middle.y - 0.17 * unit);
    pen.closePath();
    pen.fillStyle = HAIR;
    pen.fill();
    // a face that looks on kindly; it says nothing by itself, since no face was recorded
    pen.fillStyle = "#33242a";
    for (const way of [-1, 1]) {
      pen.beginPath();
      pen.ellipse(nose.x + way * 0.105 * unit, middle.y - 0.025 * unit, 0.024 * unit, 0.03 * unit, 0, 0, 2 * Math.PI);
      pen.fill();
      line(pen, [
        { x: nose.x + way * 0.06 * unit, y: middle.y - 0.095 * unit },
        { x: nose.x + way * 0.105 * unit, y: middle.y - 0.112 * unit },
        { x: nose.x + way * 0.15 * unit, y: middle.y - 0.095 * unit },
      ], 0.018 * unit, HAIR);
    }
    line(pen, [
      { x: nose.x - 0.008 * unit, y: middle.y + 0.03 * unit },
      { x: nose.x + 0.016 * unit, y: middle.y + 0.075 * unit },
      { x: nose.x - 0.012 * unit, y: middle.y + 0.085 * unit },
    ], 0.014 * unit, "#a86f4d");
    line(pen, [
      { x: nose.x - 0.07 * unit, y: middle.y + 0.175 * unit },
      { x: nose.x, y: middle.y + 0.215 * unit },
      { x: nose.x + 0.07 * unit, y: middle.y + 0.175 * unit },
    ], 0.02 * unit, "#9c4f46");
  }

  private arm(
    pen: CanvasRenderingContext2D,
    shoulder: Point | undefined,
    elbow: Point | undefined,
    wrist: Point | undefined,
    cuff: string,
  ): void {
    if (!shoulder || !elbow) return;
    const unit = this.shoulders;
    const paint = (from: Point, to: Point, wide: number, narrow: number, colour: string) => {
      capsule(pen, from, to, wide * unit, narrow * unit);
      pen.fillStyle = colour;
      pen.fill();
      sides(pen, from, to, wide * unit, narrow * unit);
      pen.strokeStyle = SHIRT_LINE;
      pen.lineWidth = 0.02 * unit;
      pen.stroke();
    };
    paint({ x: shoulder.x, y: shoulder.y + 0.04 * unit }, elbow, 0.125, 0.105, SHIRT);
    if (!wrist) return;
    const way = (share: number) => ({ x: elbow.x + share * (wrist.x - elbow.x), y: elbow.y + share * (wrist.y - elbow.y) });
    capsule(pen, way(0.6), wrist, 0.08 * unit, 0.066 * unit);
    pen.fillStyle = SKIN;
    pen.fill();
    paint(elbow, way(0.82), 0.103, 0.082, SHIRT);
    capsule(pen, way(0.78), way(0.85), 0.086 * unit, 0.084 * unit);
    pen.fillStyle = cuff;
    pen.fill();
  }

  private fingers(pen: CanvasRenderingContext2D, hand: Point[]): void {
    const palm = Math.max(distance(hand[0]!, hand[9]!), 0.6 * distance(hand[5]!, hand[17]!), 0.16 * this.shoulders);
    const outline = 0.05 * palm;
    const base = PALM.map((i) => hand[i]!);
    pen.beginPath();
    base.forEach((point, i) => (i ? pen.lineTo(point.x, point.y) : pen.moveTo(point.x, point.y)));
    pen.closePath();
    const round = 0.3 * palm;
    pen.strokeStyle = SKIN_LINE;
    pen.lineWidth = round + 2 * outline;
    pen.stroke();
    pen.strokeStyle = pen.fillStyle = SKIN;
    pen.lineWidth = round;
    pen.stroke();
    pen.fill();
    for (const finger of FINGERS) {
      const joints = finger.map((i) => hand[i]!);
      for (const [colour, more] of [[SKIN_LINE, outline], [SKIN, 0]] as const) {
        pen.fillStyle = colour;
        for (let i = 0; i + 1 < joints.length; i += 1) {
          capsule(pen, joints[i]!, joints[i + 1]!, (THICK[i]! * palm) / 2 + more, (THICK[i + 1]! * palm) / 2 + more);
          pen.fill();
        }
      }
    }
  }
}

function between(frames: Points[], at: number): Points {
  const first = Math.min(Math.max(Math.floor(at), 0), frames.length - 1);
  const [a, b] = [frames[first]!, frames[Math.min(first + 1, frames.length - 1)]!];
  const share = Math.min(Math.max(at - first, 0), 1);
  return a.map((point, i) => {
    const next = b[i];
    return point && next ? point.map((x, axis) => x + share * (next[axis]! - x)) : (share < 0.5 ? point : next) ?? null;
  });
}

/** The outline of two circles and the band round them. */
function capsule(pen: CanvasRenderingContext2D, from: Point, to: Point, wide: number, narrow: number): void {
  const length = distance(from, to);
  const along = Math.atan2(to.y - from.y, to.x - from.x);
  const lean = length > Math.abs(wide - narrow) ? Math.acos((wide - narrow) / length) : 0;
  pen.beginPath();
  if (!lean) {
    const [centre, radius] = wide > narrow ? [from, wide] : [to, narrow];
    pen.arc(centre.x, centre.y, radius, 0, 2 * Math.PI);
    return;
  }
  pen.arc(from.x, from.y, wide, along + lean, along - lean + 2 * Math.PI);
  pen.arc(to.x, to.y, narrow, along - lean, along + lean);
  pen.closePath();
}

/** The outline of the same, open towards where it begins: what it grows from goes over into it. */
function sides(pen: CanvasRenderingContext2D, from: Point, to: Point, wide: number, narrow: number): void {
  const length = distance(from, to);
  const along = Math.atan2(to.y - from.y, to.x - from.x);
  const lean = length > Math.abs(wide - narrow) ? Math.acos((wide - narrow) / length) : 0;
  const rim = (centre: Point, radius: number, angle: number): [number, number] => [
    centre.x + radius * Math.cos(angle),
    centre.y + radius * Math.sin(angle),
  ];
  const begun = { x: from.x + 0.22 * (to.x - from.x), y: from.y + 0.22 * (to.y - from.y) };
  const there = wide + 0.22 * (narrow - wide);
  pen.beginPath();
  pen.moveTo(...rim(begun, there, along - lean));
  pen.arc(to.x, to.y, narrow, along - lean, along + lean);
  pen.lineTo(...rim(begun, there, along + lean));
}

function line(pen: CanvasRenderingContext2D, [from, over, to]: [Point, Point, Point], width: number, colour: string): void {
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.quadraticCurveTo(over.x, over.y, to.x, to.y);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke();
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
