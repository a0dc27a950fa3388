/** Models of signs in a thread of their own: a word takes a slow tablet a good part of a second. */

import { LocalEncoder } from "./encoder";
import type { ModelAnswer, ModelQuestion } from "./models";
import { LocalRecognizer } from "./recognizer";
import { answer } from "./thread";

const recognizers = new Map<string, LocalRecognizer>();
const encoders = new Map<string, LocalEncoder>();

answer<ModelQuestion, ModelAnswer>(async (question) => {
  switch (question.kind) {
    case "open recognizer": {
      const opened = recognizers.get(question.bundle) ?? (await LocalRecognizer.load(question.bundle));
      recognizers.set(question.bundle, opened);
      return { labels: opened.labels, language: opened.language };
    }
    case "open encoder": {
      const opened = encoders.get(question.bundle) ?? (await LocalEncoder.load(question.bundle));
      encoders.set(question.bundle, opened);
      return { space: opened.space, calibration: opened.calibration };
    }
    case "recognize":
      return recognizers.get(question.bundle)!.recognize(question.frames, question.size, question.top, question.fps);
    case "embed":
      return encoders.get(question.bundle)!.embed(question.frames, question.size, question.fps);
  }
});
