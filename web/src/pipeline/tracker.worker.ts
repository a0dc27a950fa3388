/** The landmark engine in a thread of its own, so that the page stays fluid while it looks at a picture. */

import { HolisticLandmarker, type NormalizedLandmark } from "@mediapipe/tasks-vision";
import loader from "../../node_modules/@mediapipe/tasks-vision/wasm/vision_wasm_internal.js?url";
import binary from "../../node_modules/@mediapipe/tasks-vision/wasm/vision_wasm_internal.wasm?url";
import { QuickerStack } from "./stack";
import { answer } from "./thread";
import type { TrackerAnswer, TrackerQuestion } from "./tracker";

/** What the engine looks for in its surroundings: where its log goes. */
interface Surroundings {
  Module?: { print: () => void; printErr: (line: string) => void };
  dbg?: (line: string) => void;
}

declare const self: DedicatedWorkerGlobalScope & Surroundings;

const MODELS = "/api/v1/engine/holistic.task";
/** Microseconds from picture to picture as the engine's smoothing is told, whatever the camera does: as in Python. */
const STEP = 33333;
/** Groups of `body_hands_75` and how many landmarks each has. */
const GROUPS = [
  ["poseLandmarks", 33],
  ["leftHandLandmarks", 21],
  ["rightHandLandmarks", 21],
] as const;
const LANDMARKS = 75;

let landmarker: HolisticLandmarker;
/** Pictures so far: the engine's time never goes back, not even when it begins anew. */
let looked = 0;

async function load(progress: (share: number) => void): Promise<void> {
  const modelAssetBuffer = await models((share) => progress(0.9 * share));
  self.dbg = onlyErrors;
  self.Module = { print: () => undefined, printErr: onlyErrors };
  landmarker = await HolisticLandmarker.createFromOptions(
    { wasmLoaderPath: loader, wasmBinaryPath: binary },
    {
      baseOptions: { modelAssetBuffer, delegate: "CPU" },
      runningMode: "VIDEO",
      minPoseDetectionConfidence: 0.5,
      minPosePresenceConfidence: 0.5,
      minPoseSuppressionThreshold: 0.3,
    },
  );
  progress(1);
}

/** The engine's log tells of every graph that starts; its errors begin with E, or F where it cannot go on. */
function onlyErrors(line: string): void {
  if (/^[EF]\d{4} /.test(line)) console.error(line);
}

async function models(progress: (share: number) => void): Promise<Uint8Array> {
  const answer = await fetch(MODELS);
  if (!answer.ok || !answer.body) throw new Error(`the service answers ${answer.status} when asked for its models`);
  const whole = Number(answer.headers.get("X-Unpacked-Length"));
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (whole) progress(length / whole);
  }
  const content = new Uint8Array(length);
  parts.reduce((at, part) => (content.set(part, at), at + part.length), 0);
  return content;
}

function find(source: VideoFrame | ImageBitmap): Float32Array<ArrayBuffer> {
  const [width, height] =
    "displayWidth" in source ? [source.displayWidth, source.displayHeight] : [source.width, source.height];
  looked += 1;
  const found = landmarker.detectForVideo(source, (looked * STEP + 0.5) / 1000); // of which it takes whole microseconds
  const points = new Float32Array(3 * LANDMARKS).fill(NaN);
  let start = 0;
  for (const [group, count] of GROUPS) {
    const landmarks: NormalizedLandmark[] = found[group][0] ?? [];
    landmarks.slice(0, count).forEach(({ x, y, z }, i) => {
      // x and z come in picture widths, y in heights
      points.set([(x * width) / height, y, (z * width) / height], 3 * (start + i));
    });
    start += count;
  }
  return points;
}

const finding = new QuickerStack(find);

answer<TrackerQuestion, TrackerAnswer>(
  async (question, progress) => {
    switch (question.kind) {
      case "load":
        return void (await load(progress));
      case "restart":
        return void (await landmarker.setOptions({ runningMode: "VIDEO" }));
      case "look":
        try {
          return finding.call(question.source);
        } finally {
          question.source.close();
        }
    }
  },
  (points) => (points ? [points.buffer] : []),
);
