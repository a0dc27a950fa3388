/** A film, looked at picture by picture. */

import { Refused } from "./api";
import type { Frame } from "./pipeline";

/** Steps from picture to picture; a film with fewer a second shows some of them twice, and those are left out. */
const STEP = 1 / 30;

/** Milliseconds that a browser is given to have the first picture ready. */
const PATIENCE = 5000;

type Tracking = { track(source: ImageBitmap, time: number): Promise<Frame> };

export interface Looked {
  frames: Frame[];
  /** Width and height in pixels. */
  size: [number, number];
}

/** How long a film is; a recording made by a browser does not know before it has been played to its end. */
async function lengthOf(video: HTMLVideoElement): Promise<number> {
  if (Number.isFinite(video.duration)) return video.duration;
  await seek(video, 1e9);
  return Number.isFinite(video.duration) ? video.duration : video.currentTime;
}

function seek(video: HTMLVideoElement, time: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      video.removeEventListener("seeked", done);
      video.removeEventListener("error", done);
      if (video.error) reject(new Refused("damaged", video.error.message));
      else resolve();
    };
    video.addEventListener("seeked", done);
    video.addEventListener("error", done);
    video.currentTime = time;
  });
}

/** The time of the picture that is shown, once it is; undefined where a browser does not tell. */
function shownAt(video: HTMLVideoElement): Promise<number | undefined> {
  if (!("requestVideoFrameCallback" in video)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    // the same picture as before is not told of again
    const late = setTimeout(() => resolve(undefined), 120);
    video.requestVideoFrameCallback((_, { mediaTime }) => {
      clearTimeout(late);
      resolve(mediaTime);
    });
  });
}

/** The picture that a video or an image shows, turned round where it was stored as a mirror. */
export async function picture(source: HTMLVideoElement | HTMLImageElement, mirrored = false): Promise<ImageBitmap> {
  const upright = await createImageBitmap(source);
  if (!mirrored) return upright;
  const { width, height } = upright;
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d")!;
  pen.setTransform(-1, 0, 0, 1, width, 0);
  pen.drawImage(upright, 0, 0);
  upright.close();
  return canvas.transferToImageBitmap();
}

/** The picture of a film at the time that it was set to. A busy browser may say of a first one that it is not there yet. */
async function pictureOf(video: HTMLVideoElement, mirrored: boolean, signal: AbortSignal): Promise<ImageBitmap> {
  const late = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await picture(video, mirrored);
    } catch (error) {
      const soon = error instanceof DOMException && error.name === "InvalidStateError" && performance.now() < late;
      if (!soon) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
      signal.throwIfAborted();
    }
  }
}

/**
 * Find body and hands in every picture of a film that the browser can play.
 *
 * @param longest seconds that are taken.
 * @param onFrame is told each frame, and the share of the film that has been looked at.
 */
export async function look(
  video: HTMLVideoElement,
  tracking: Tracking,
  options: { mirrored: boolean; longest: number; signal: AbortSignal; onFrame: (frame: Frame, share: number) => void },
): Promise<Looked> {
  video.pause();
  const lasts = await lengthOf(video);
  if (lasts > options.longest) throw new Refused("too_long", `${lasts.toFixed(1)} s`);
  const frames: Frame[] = [];
  let last = -1;
  // a little into each step, so that rounding does not show the picture before
  for (let time = STEP / 4; frames.length === 0 || time < lasts; time += STEP) {
    const shown = shownAt(video);
    await seek(video, Math.min(time, lasts));
    const at = await shown;
    options.signal.throwIfAborted();
    if (at === undefined ? "requestVideoFrameCallback" in video && frames.length > 0 : at <= last) continue;
    last = at ?? time;
    const frame = await tracking.track(await pictureOf(video, options.mirrored, options.signal), last);
    options.signal.throwIfAborted();
    frames.push(frame);
    options.onFrame(frame, Math.min(1, (time + STEP) / lasts));
  }
  return { frames, size: [video.videoWidth, video.videoHeight] };
}

/** Whether the browser can play a file; the element then shows its first picture. */
export function plays(video: HTMLVideoElement, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (can: boolean) => {
      clearTimeout(late);
      video.onloadeddata = video.onerror = null;
      resolve(can);
    };
    const late = setTimeout(() => answer(false), 5000);
    video.onloadeddata = () => answer(video.videoWidth > 0);
    video.onerror = () => answer(false);
    video.src = address;
    video.load();
  });
}
