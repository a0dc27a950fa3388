/** The webcam: shown as a mirror (by CSS only), seen as it is. */

const KINDS = ["video/webm;codecs=vp8", "video/webm", "video/mp4"];
/** Seconds; one word takes two or three. */
const LONGEST = 10;

/** What keeps a camera from being used; its message is a code of the words. */
export class CameraError extends Error {}

export async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new CameraError("insecure"); // not given to pages over plain http
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, facingMode: "user" },
    });
  } catch (error) {
    // browsers differ in how they tell of a camera that is busy, but agree on these two
    const name = error instanceof DOMException ? error.name : "";
    throw new CameraError(
      name === "NotAllowedError" ? "camera_denied" : name === "NotFoundError" ? "camera_missing" : "no_camera",
    );
  }
}

export function closeCamera(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** A recording that is under way. */
export class Recording {
  readonly file: Promise<File | null>;
  private readonly recorder: MediaRecorder;
  private dropped = false;

  /** @param onTick is told the seconds that have passed. */
  constructor(stream: MediaStream, longest: number, onTick: (seconds: number) => void) {
    if (!("MediaRecorder" in window)) throw new CameraError("no_recorder");
    const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
    this.recorder = new MediaRecorder(stream, { ...(kind && { mimeType: kind }), videoBitsPerSecond: 6_000_000 });
    const parts: Blob[] = [];
    const begun = performance.now();
    const passed = () => (performance.now() - begun) / 1000;
    const ticking = setInterval(() => {
      onTick(passed());
      if (passed() >= Math.min(LONGEST, longest)) this.stop();
    }, 100);
    this.file = new Promise((resolve) => {
      this.recorder.ondataavailable = (event) => parts.push(event.data);
      this.recorder.onstop = () => {
        clearInterval(ticking);
        const type = (this.recorder.mimeType || "video/webm").split(";")[0]!;
        resolve(this.dropped ? null : new File(parts, `camera.${type.split("/")[1]}`, { type }));
      };
    });
    this.recorder.start();
  }

  stop(): void {
    if (this.recorder.state === "recording") this.recorder.stop();
  }

  drop(): void {
    this.dropped = true;
    this.stop();
  }
}
