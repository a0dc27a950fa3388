/** Hands that only hang show no sign: nothing is recognized, looked up or taught by them. */

import { beforeAll, describe, expect, test, vi } from "vitest";
import { HAND_POINTS, HANDS, NAMES } from "../src/body";
import type { Frame } from "../src/pipeline";

const SIZE: [number, number] = [640, 480];

type Check = (frames: Frame[]) => Promise<unknown>;
const checks: Record<string, Check> = {};

beforeAll(async () => {
  vi.stubGlobal("location", new URL("http://127.0.0.1/"));
  const [{ checkHand }, { exampleOf }, { lookUp }] = await Promise.all([
    import("../src/check-hand"),
    import("../src/taught"),
    import("../src/pages/lookup"),
  ]);
  checks["recognized"] = async (frames) => checkHand(frames, SIZE, "a.mp4");
  checks["taught"] = (frames) => exampleOf(frames, SIZE);
  checks["looked up"] = (frames) => lookUp(frames, SIZE, 5);
});

/** Ten frames of somebody whose right wrist is so far below the shoulders, in arm's lengths. */
function standing(depth: number, withHands = true): Frame[] {
  const points = new Float32Array(3 * NAMES.length).fill(NaN);
  const put = (name: string, x: number, y: number) => points.set([x, y, 0], 3 * NAMES.indexOf(name));
  for (const [side, x, below] of [["left", 0.8, 1], ["right", 0.5, depth]] as const) {
    put(`pose/${side}_shoulder`, x, 0.3);
    put(`pose/${side}_elbow`, x, 0.5);
    put(`pose/${side}_wrist`, x, 0.3 + 0.4 * below);
    if (withHands) HAND_POINTS.forEach((_, i) => points.set([x, 0.3 + 0.4 * below, 0], 3 * (HANDS[side] + i)));
  }
  return Array.from({ length: 10 }, (_, t) => ({ points, time: t / 25 }));
}

describe.each(["recognized", "taught", "looked up"])("nothing is %s", (what) => {
  test.each([
    ["hands that hang", standing(1)],
    ["no hands", standing(0.2, false)],
  ])("by %s", async (_, frames) => {
    await expect(checks[what]!(frames)).rejects.toMatchObject({
      code: "no_hand",
      message: expect.stringContaining("no hand seen in any of 10 pictures, unless at rest"),
    });
  });

  test("but a raised hand passes", async () => {
    // nothing answers here that could go on with it
    const refused = await checks[what]!(standing(0.2)).then(() => undefined, (error: unknown) => error);
    expect((refused as { code?: string } | undefined)?.code).not.toBe("no_hand");
  });
});
