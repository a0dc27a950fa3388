/** What recognizes in the browser, loaded when first needed and then kept for as long as the page is open. */

import * as api from "./api";
import { sent } from "./body";
import { Encoder, Recognizer, RefusedError, Tracker } from "./pipeline";
import type { Answer, Frame } from "./pipeline";
import { Store } from "./store";

/** How much of the tracker has been loaded, 0 to 1. */
export const loading = new Store(0);

/** What can be known of the service: what it recognizes, and what it takes. */
export interface Service {
  health: api.Health;
  models: api.Model[];
  samples: api.Sample[];
}

type Tracking = Pick<Tracker, "track">;

declare global {
  /** Tests of what comes after the tracker put their own here. */
  var cheremeTracker: Tracking | undefined;
}

/** Loads once; a failure is forgotten, so that it can be tried again. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= load().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

export const tracker = once<Tracking>(async () => {
  if (globalThis.cheremeTracker) return globalThis.cheremeTracker;
  const made = await Tracker.load((share) => (loading.value = share));
  loading.value = 1;
  return made;
});

export const service = once<Service>(async () => {
  const health = await api.ready();
  const [models, samples] = await Promise.all([api.models(), api.samples().catch(() => [])]);
  return { health, models, samples };
});

const recognizer = once(async () => {
  const { models } = await service();
  const model = models.find((one) => one.kind === "recognizer" && one.default);
  if (!model) throw new api.Refused("no_bundle", "the service offers no recognizer");
  return Recognizer.load(model.name);
});

export const encoder = once(() => Encoder.load());

/** Is the service a program on this very device? What is sent to it then does not leave. */
export const sameDevice = ["localhost", "127.0.0.1", "[::1]", "::1"].includes(location.hostname);

/** Whether the reader let landmarks go to the service where the browser cannot do the work by itself. */
export const mayAsk = new Store(sameDevice);

/** Load the recognizer while the camera starts, so that the first sign neither waits for it nor holds the tracker up. */
export function prepare(): void {
  recognizer().catch(() => undefined); // told when there is something to recognize
}

/**
 * The words for a clip, ranked here in the browser; by the service where the port does not know the bundle and it may
 * be asked.
 */
export async function recognize(
  frames: Frame[],
  size: [number, number],
  fps?: number,
): Promise<Answer & { byService: boolean }> {
  try {
    return { ...(await (await recognizer()).recognize(frames, size, 5, fps)), byService: false };
  } catch (error) {
    if (!mayAsk.value || error instanceof api.Refused) throw error;
    const answer = await api.recognizeLandmarks(sent(frames, size), 5);
    return api.answerOf(answer);
  }
}

export { RefusedError };
