/** Which frames of a clip a model sees: `chereme.features.sampling`. */

import { clamp } from "./numbers";
import { frameCount, type Sequence } from "./sequence";
import { Settings, type Table } from "./settings";

const KINDS = ["variable", "rate"] as const;

export class Sampling {
  private readonly count: (seconds: number) => number;

  /** @throws RefusedError when a setting is not known here: the kinds that draw by chance are not. */
  constructor(table: Table) {
    const settings = new Settings(table, "sampling");
    const kind = settings.word("kind", KINDS);
    const [most, least] = [settings.number("most"), settings.number("least")];
    const [atUnit, unit, power] = [settings.number("frames_at_unit"), settings.number("unit"), settings.number("power")];
    const perSecond = settings.number("per_second");
    settings.passOver("frames", "samples", "spacing", "replacement", "include_remaining", "seed"); // of drawn samples
    settings.done();
    const wanted = {
      variable: (seconds: number) => atUnit * clamp(seconds / unit, 0.25, 3) ** power,
      rate: (seconds: number) => seconds * perSecond,
    }[kind];
    this.count = (seconds) => clamp(Math.floor(wanted(seconds) + 0.5), least, most);
  }

  /** Frame numbers, evenly from the first to the last; a short clip repeats some. */
  frames(sequence: Sequence): number[] {
    const length = frameCount(sequence);
    const count = this.count(length / sequence.fps);
    return Array.from({ length: count }, (_, i) => {
      const share = Math.min(i / Math.max(count - 1, 1), 1);
      return Math.floor(share * (length - 1) + 0.5);
    });
  }
}
