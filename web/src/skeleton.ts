/** Lines over a picture: amber is the signer's left hand, teal the right. */

import { BONES, HANDS, NAMES } from "./body";
import type { Frame } from "./pipeline/types";

export const COLOURS = { left: "#ffb454", right: "#4fe0cb", middle: "#ffffff" } as const;
type Side = keyof typeof COLOURS;

export type Points = (number[] | null)[];

/** What is drawn: names of the points, lines between them, and the picture that they were found in. */
export interface Drawing {
  names: readonly string[];
  bones: readonly (readonly [number, number])[];
  size: readonly [number, number];
  /** The picture shown is the mirror of the one that the points were found in. */
  mirrored: boolean;
}

const HIDDEN = /knee|ankle|heel|foot|eye|ear|mouth/;

export function drawingOf(size: readonly [number, number], mirrored = false): Drawing {
  return { names: NAMES, bones: BONES, size, mirrored };
}

function side(name: string): Side {
  const found = /(?:^|[/_])(left|right)(?:_|$)/.exec(name);
  return (found?.[1] as Side | undefined) ?? "middle";
}

export function isHand(name: string): boolean {
  return name.includes("hand/");
}

/** Make a canvas as sharp as the screen; true when its size changed. */
export function sharpen(canvas: HTMLCanvasElement): boolean {
  const box = canvas.getBoundingClientRect();
  const [width, height] = [box.width, box.height].map((x) => Math.max(1, Math.round(x * devicePixelRatio)));
  if (canvas.width === width && canvas.height === height) return false;
  canvas.width = width!;
  canvas.height = height!;
  return true;
}

/**
 * Draw one frame over a picture that is fitted into the canvas.
 *
 * @param fit `contain`: the whole picture, with bars; `cover`: the whole canvas, with the picture's edges cut.
 */
export function drawSkeleton(canvas: HTMLCanvasElement, drawing: Drawing, points: Points, fit: "contain" | "cover"): void {
  sharpen(canvas);
  const pen = canvas.getContext("2d")!;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const aspect = drawing.size[0] / drawing.size[1];
  const fitted = fit === "contain" ? Math.min : Math.max;
  const height = fitted(canvas.height, canvas.width / aspect);
  const left = (canvas.width - height * aspect) / 2;
  const top = (canvas.height - height) / 2;
  const place = ([x, y]: number[]): [number, number] => [
    left + (drawing.mirrored ? aspect - x! : x!) * height,
    top + y! * height,
  ];
  const unit = height / 100;
  pen.lineCap = "round";
  const { names } = drawing;
  const lines = drawing.bones.filter(([a, b]) => points[a] && points[b] && !HIDDEN.test(names[a]! + names[b]!));
  for (const outline of [true, false]) {
    for (const [a, b] of lines) {
      const hand = isHand(names[a]!);
      const width = unit * (hand ? 0.55 : 0.75);
      const sides = [side(names[a]!), side(names[b]!)];
      pen.strokeStyle = outline ? "rgb(10 8 20 / 55%)" : COLOURS[sides[0] === sides[1] ? sides[0]! : "middle"];
      pen.globalAlpha = outline || hand ? 1 : 0.85;
      pen.lineWidth = outline ? width + unit * 0.5 : width;
      pen.beginPath();
      pen.moveTo(...place(points[a]!));
      pen.lineTo(...place(points[b]!));
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
  points.forEach((point, i) => {
    if (!point || !isHand(names[i]!)) return;
    pen.fillStyle = COLOURS[side(names[i]!)];
    pen.beginPath();
    pen.arc(...place(point), unit * 0.55, 0, 2 * Math.PI);
    pen.fill();
  });
}

export function clear(canvas: HTMLCanvasElement): void {
  canvas.getContext("2d")!.clearRect(0, 0, canvas.width, canvas.height);
}

/** In which frames each hand was seen, the left first. */
export function handsSeen(names: readonly string[], frames: readonly Points[]): [boolean[], boolean[]] {
  const seen = (hand: string) => {
    const places = names.flatMap((name, i) => (name.startsWith(`${hand}_hand/`) ? [i] : []));
    return frames.map((points) => places.some((i) => points[i]));
  };
  return [seen("left"), seen("right")];
}

export function frameSeen(frame: Frame): boolean {
  return Object.values(HANDS).some((start) => !Number.isNaN(frame.points[3 * start]!));
}
