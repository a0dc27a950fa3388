/** A newer version is loaded by every window, but never while one holds what would be lost. */

import { beforeEach, expect, test, vi } from "vitest";

const reload = vi.fn();
let listeners: Map<string, () => void>;
let holding: { value: number };

/** The page opens; `controlled`: a worker stands behind it already. */
async function open(controlled: boolean): Promise<void> {
  vi.resetModules();
  listeners = new Map();
  const serviceWorker = {
    controller: controlled ? {} : null,
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
  };
  vi.stubGlobal("navigator", { serviceWorker });
  vi.stubGlobal("location", { reload });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubEnv("PROD", true);
  const keep = await import("../src/keep");
  keep.keepForOffline();
  holding = keep.holding;
}

const otherWorker = () => listeners.get("controllerchange")!();
const aMoment = () => new Promise((done) => setTimeout(done, 5));

beforeEach(() => void reload.mockClear());

test("a window that did not ask for it is loaded again, too", async () => {
  await open(true);
  otherWorker();
  expect(reload).toHaveBeenCalledTimes(1);
});

test("the first worker is no newer one, the next is", async () => {
  await open(false);
  otherWorker();
  expect(reload).not.toHaveBeenCalled();
  otherWorker();
  expect(reload).toHaveBeenCalledTimes(1);
});

test("what is held is let finish", async () => {
  await open(true);
  holding.value += 1;
  otherWorker();
  await aMoment();
  expect(reload).not.toHaveBeenCalled();
  holding.value -= 1; // from one part of the page to another
  holding.value += 1;
  await aMoment();
  expect(reload).not.toHaveBeenCalled();
  holding.value -= 1;
  await aMoment();
  expect(reload).toHaveBeenCalledTimes(1);
  holding.value += 1;
  holding.value -= 1;
  await aMoment();
  expect(reload).toHaveBeenCalledTimes(1);
});
