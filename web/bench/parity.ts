/** Recognition as the page does it, of pictures that a bench hands over one by one. */

import { Recognizer, Tracker, type Answer, type Frame } from "../src/pipeline";

interface Parity {
  /** Where a picture lies, and when it was taken. */
  look(href: string, time: number): Promise<(number | null)[]>;
  recognize(bundle: string, fps: number): Promise<Answer>;
  /** The next picture is of another clip. */
  begin(): void;
}

declare global {
  var parity: Promise<Parity>;
}

async function open(): Promise<Parity> {
  const tracker = await Tracker.load();
  const recognizers = new Map<string, Recognizer>();
  let frames: Frame[] = [];
  let size: [number, number] = [0, 0];
  return {
    async look(href, time) {
      const content = await (await fetch(href)).blob();
      const picture = await createImageBitmap(content, { colorSpaceConversion: "none" });
      size = [picture.width, picture.height];
      const frame = await tracker.track(picture, time);
      frames.push(frame);
      return Array.from(frame.points, (value) => (Number.isNaN(value) ? null : value));
    },
    async recognize(bundle, fps) {
      const recognizer = recognizers.get(bundle) ?? (await Recognizer.load(bundle));
      recognizers.set(bundle, recognizer);
      return recognizer.recognize(frames, size, recognizer.labels.length, fps);
    },
    begin() {
      frames = [];
      tracker.restart();
    },
  };
}

globalThis.parity = open();
