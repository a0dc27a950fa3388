// The webcam: a mirrored preview (by CSS only), a countdown, a recording as the camera sees it.

const KINDS = ["video/webm;codecs=vp8", "video/webm", "video/mp4"];
const LONGEST = 10; // seconds; one word takes two or three

export class Camera {
  constructor(video) {
    this.video = video;
    this.stream = null;
    this.recorder = null;
  }

  /** @throws {Error} whose message is a code of words.js */
  async open() {
    if (!window.MediaRecorder) throw new Error("no_recorder");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, facingMode: "user" },
      });
    } catch {
      throw new Error("no_camera"); // none, busy, or not allowed; browsers differ in how they tell
    }
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  close() {
    this.#discard();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  /** Record until `stop` or the longest time; gives the file, or null when the camera was closed meanwhile. */
  record(longest, onTick) {
    const kind = KINDS.find((k) => MediaRecorder.isTypeSupported(k)) ?? "";
    const recorder = new MediaRecorder(this.stream, { mimeType: kind, videoBitsPerSecond: 6_000_000 });
    const parts = [];
    this.recorder = recorder;
    return new Promise((resolve) => {
      const begun = performance.now();
      const ticking = setInterval(() => {
        const passed = (performance.now() - begun) / 1000;
        onTick(passed);
        if (passed >= Math.min(LONGEST, longest)) this.stop();
      }, 100);
      recorder.ondataavailable = (event) => parts.push(event.data);
      recorder.onstop = () => {
        clearInterval(ticking);
        const seconds = (performance.now() - begun) / 1000;
        const type = (recorder.mimeType || "video/webm").split(";")[0];
        const name = `camera.${type.split("/")[1]}`;
        resolve(this.recorder === recorder ? { file: new File(parts, name, { type }), seconds } : null);
      };
      recorder.start();
    });
  }

  stop() {
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  #discard() {
    const recorder = this.recorder;
    this.recorder = null;
    if (recorder?.state === "recording") recorder.stop();
  }
}
