import { Refused } from "./api";
import { LAYOUT, NAMES } from "./body";
import { handAtWork, Layout, type Frame } from "./pipeline";

const layout = new Layout({ name: LAYOUT, names: NAMES, bones: [], mirror: [] });

/**
 * As the service checks a clip before it looks for a sign in it.
 *
 * @param name of the file, where there is one.
 * @throws Refused when no hand was seen, unless hanging at rest.
 */
export function checkHand(frames: readonly Frame[], size: [number, number], name = ""): void {
  const points = new Float32Array(frames.length * 3 * layout.length);
  frames.forEach((frame, t) => points.set(frame.points, t * 3 * layout.length));
  if (handAtWork({ points, layout, fps: 1, size })) return;
  const what = `no hand seen in any of ${frames.length} pictures, unless at rest`;
  throw new Refused("no_hand", name ? `${name}: ${what}` : what);
}
