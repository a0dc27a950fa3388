/** A page that runs the landmark engine on the webcam and does nothing else: what the whole page is measured by. */

import { HolisticLandmarker } from "@mediapipe/tasks-vision";
import loader from "../node_modules/@mediapipe/tasks-vision/wasm/vision_wasm_internal.js?url";
import binary from "../node_modules/@mediapipe/tasks-vision/wasm/vision_wasm_internal.wasm?url";

declare global {
  var looked: number;
}

globalThis.looked = 0;
const video = document.querySelector("video")!;
const landmarker = await HolisticLandmarker.createFromOptions(
  { wasmLoaderPath: loader, wasmBinaryPath: binary },
  { baseOptions: { modelAssetPath: "/api/v1/engine/holistic.task", delegate: "CPU" }, runningMode: "VIDEO" },
);
video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
await video.play();

function look(): void {
  landmarker.detectForVideo(video, performance.now());
  globalThis.looked += 1;
  requestAnimationFrame(look);
}

look();
