import type { Layout } from "./layout";
import { clamp, median, roundHalfEven } from "./numbers";
import { RefusedError } from "./refused";
import type { Sequence } from "./sequence";
import type { Frame } from "./types";

const NEAR = 0.25; // of a step: a frame this close to a grid point stands on it
const FASTEST = 240; // frames per second

/**
 * Frames as they came, at a constant rate, as `chereme.landmarks.timing` makes it.
 *
 * Frames that stand on an even grid are kept as they are. Otherwise the grid's step is the usual distance of two
 * frames, and a point between two frames lies on the straight line from the one to the other.
 *
 * @param fps as the file's header says; kept where the frames agree with it to 1 %.
 */
export function atConstantRate(
  frames: readonly Frame[],
  layout: Layout,
  size: readonly [number, number],
  fps?: number,
): Sequence {
  if (!frames.length) throw new RefusedError("no frame to recognize");
  const times = frames.map((frame) => frame.time);
  const { grid, rate } = evenTimes(times, fps);
  const row = 3 * layout.length;
  const points = new Float32Array(grid.length * row);
  if (grid.length === times.length) {
    frames.forEach((frame, t) => points.set(frame.points, t * row));
  } else {
    grid.forEach((time, t) => writeAt(time, frames, NEAR / rate, points.subarray(t * row, (t + 1) * row)));
  }
  return { points, layout, fps: rate, size };
}

function evenTimes(times: number[], fps = 0): { grid: number[]; rate: number } {
  if (times.length < 2) return { grid: times, rate: fps || 1 };
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  if (steps.some((step) => step <= 0)) throw new RefusedError("the frames' times run backwards");
  const first = times[0]!;
  const whole = times[times.length - 1]! - first;
  let step = whole / (times.length - 1);
  let count = times.length;
  if (times.some((time, i) => Math.abs(time - (first + step * i)) >= NEAR * step)) {
    const middle = median(steps);
    const usual = steps.filter((one) => Math.abs(one - middle) < NEAR * middle);
    // of few frames the two middle steps may lie far apart, and no step near their mean: then the shorter one
    if (!usual.length) usual.push([...steps].sort((a, b) => a - b)[(steps.length - 1) >> 1]!);
    step = Math.max(usual.reduce((a, b) => a + b, 0) / usual.length, 1 / FASTEST);
    count = roundHalfEven(whole / step) + 1;
    if (count > 20 * times.length + 100) throw new RefusedError(`${times.length} frames spread over ${whole} s`);
  }
  // clocks of browsers are rounded: what is a whole rate but for that is taken for it
  const near = fps || (Math.abs(Math.round(1 / step) * step - 1) < 1e-4 ? Math.round(1 / step) : 1 / step);
  return {
    grid: Array.from({ length: count }, (_, i) => first + step * i),
    rate: Math.abs(near * step - 1) < 0.01 ? near : 1 / step,
  };
}

function writeAt(time: number, frames: readonly Frame[], near: number, out: Float32Array): void {
  const found = frames.findIndex((frame) => frame.time >= time);
  const next = clamp(found < 0 ? frames.length : found, 1, frames.length - 1);
  const before = frames[next - 1]!;
  const after = frames[next]!;
  let along = clamp((time - before.time) / (after.time - before.time), 0, 1);
  if (Math.abs(time - before.time) <= near) along = 0;
  if (Math.abs(time - after.time) <= near) along = 1;
  if (along === 0 || along === 1) out.set((along ? after : before).points);
  else out.forEach((_, i) => (out[i] = before.points[i]! * (1 - along) + after.points[i]! * along));
}
