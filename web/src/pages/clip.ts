/** One clip on its way to a word: looked at in the browser, or by the chereme program where the browser cannot. */

import * as api from "../api";
import { pointsOf } from "../body";
import { checkHand } from "../check-hand";
import { mayAsk, service, tracker } from "../engine";
import { look, picture, plays } from "../film";
import { nameSign, type Named } from "../naming";
import type { Frame } from "../pipeline";
import type { Seen } from "../parts/player";
import { drawingOf, type Points } from "../skeleton";

export interface Clip {
  file: File;
  address: string;
  source: "file" | "camera" | "sample";
  mirrored: boolean;
  /** What a sample shows. */
  gloss?: string;
}

export interface Result {
  named: Named;
  seen: Seen;
  film?: string;
  still?: string;
}

/** What the reader sees while it goes on. */
export interface Progress {
  /** 0 to 1; undefined where nobody can tell. */
  share: number | undefined;
  points?: Points;
  size?: [number, number];
}

/** The browser cannot read the file, and the program is on another machine: the reader decides. */
export class MayWeAsk extends Error {}

export function isStill(file: File): boolean {
  return file.type.startsWith("image/") && file.type !== "image/gif";
}

export async function nameClip(
  clip: Clip,
  video: HTMLVideoElement,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  const { health } = await service();
  const { limits } = health;
  if (!clip.file.size) throw new api.Refused("empty", clip.file.name);
  if (clip.file.size > limits.megabytes * 1e6) {
    throw new api.Refused("too_large", `${clip.file.name}: ${(clip.file.size / 1e6).toFixed(1)} MB`);
  }
  const watched = !isStill(clip.file) && (await plays(video, clip.address));
  const readable = watched || isStill(clip.file);
  signal.throwIfAborted();
  if (readable) {
    try {
      return await inBrowser(clip, watched ? video : undefined, limits.seconds, signal, onProgress);
    } catch (error) {
      if (error instanceof api.Refused || api.isAbort(error) || signal.aborted) throw error;
      console.info(error); // the program may still manage what this browser cannot
    }
  }
  if (!mayAsk.value) throw new MayWeAsk();
  onProgress({ share: undefined });
  return byService(clip, watched, signal);
}

async function inBrowser(
  clip: Clip,
  video: HTMLVideoElement | undefined,
  longest: number,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  onProgress({ share: 0 });
  const tracking = await tracker();
  signal.throwIfAborted();
  let frames: Frame[];
  let size: [number, number];
  if (video) {
    const shape: [number, number] = [video.videoWidth, video.videoHeight];
    const onFrame = (frame: Frame, share: number) => onProgress({ share, points: pointsOf(frame), size: shape });
    ({ frames, size } = await look(video, tracking, { mirrored: clip.mirrored, longest, signal, onFrame }));
  } else {
    const image = new Image();
    image.src = clip.address;
    await image.decode().catch(() => {
      throw new api.Refused("damaged", `${clip.file.name}: not a picture that this browser can read`);
    });
    size = [image.naturalWidth, image.naturalHeight];
    frames = [await tracking.track(await picture(image, clip.mirrored), 0)];
  }
  if (frames.every((frame) => Number.isNaN(frame.points[3 * 11]!))) {
    throw new api.Refused("nobody", `${clip.file.name}: nobody seen in any of ${frames.length} pictures`);
  }
  checkHand(frames, size, clip.file.name);
  const named = await nameSign(frames, size);
  signal.throwIfAborted();
  return {
    named,
    seen: {
      drawing: drawingOf(size, clip.mirrored),
      frames: frames.map(pointsOf),
      times: frames.map((frame) => frame.time),
    },
    ...(video ? { film: clip.address } : { still: clip.address }),
  };
}

async function byService(clip: Clip, watched: boolean, signal: AbortSignal): Promise<Result> {
  const answer = await api.recognizeFile(clip.file, clip.mirrored, signal);
  const landmarks = answer.landmarks!;
  return {
    named: { ...api.answerOf(answer), taught: false },
    seen: {
      drawing: { ...landmarks, mirrored: landmarks.mirrored ?? false },
      frames: landmarks.points,
      times: landmarks.points.map((_, i) => i / landmarks.fps),
    },
    ...(watched ? { film: clip.address } : isStill(clip.file) ? { still: clip.address } : {}),
  };
}
