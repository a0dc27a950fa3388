/** Turn aligned landmarks into the numbers that a model reads: `chereme.features`. */

import type { Layout } from "../layout";
import { clamp } from "../numbers";
import type { Sequence } from "../sequence";
import { Settings, type Table } from "../settings";
import { BLOCKS, type Part } from "./blocks";
import { Clip } from "./clip";

export class FeaturePlan {
  /** Numbers a frame. */
  readonly width: number;
  private readonly moving: Part[];
  private readonly still: Part[];
  private readonly velocities: readonly number[];
  private readonly clip: number;

  /** @throws RefusedError when a setting is not known here; it is named. */
  constructor(layout: Layout, table: Table) {
    const settings = new Settings(table, "features");
    const blocks = settings.list<string>("blocks").map((name) => {
      const block = Object.hasOwn(BLOCKS, name) ? BLOCKS[name] : undefined;
      return block ?? settings.refuse("blocks", name);
    });
    this.velocities = settings.list<number>("velocities");
    this.clip = settings.number("clip");
    for (const key of ["names", "leave_out"]) settings.only(key, []);
    settings.only("preset", "");
    settings.passOver("source_metadata"); // read by blocks that are refused
    settings.done();
    this.moving = blocks.filter((block) => block.moving).map((block) => block.part(layout));
    this.still = blocks.filter((block) => !block.moving).map((block) => block.part(layout));
    this.width = widthOf(this.moving) * (1 + this.velocities.length) + widthOf(this.still);
  }

  /**
   * Features of some frames of a preprocessed clip, T * width: positions, their velocities, then what has no velocity.
   *
   * 0 where nothing was seen; larger numbers, of landmarks gone astray, are cut. A velocity over so many frames is
   * scaled by 4 / lag, which brings it to the size of the positions.
   */
  compute(sequence: Sequence, chosen: readonly number[]): Float32Array {
    const clip = new Clip(sequence, chosen);
    const values = new Float32Array(clip.frames * this.width);
    const places = widthOf(this.moving);
    for (let t = 0; t < clip.frames; t++) {
      const row = values.subarray(t * this.width, (t + 1) * this.width);
      row.set(this.moving.flatMap((part) => part.compute(clip, t)));
      row.set(this.still.flatMap((part) => part.compute(clip, t)), places * (1 + this.velocities.length));
      this.velocities.forEach((lag, i) => {
        if (t < lag) return;
        const before = (t - lag) * this.width;
        for (let n = 0; n < places; n++) row[places * (1 + i) + n] = (row[n]! - values[before + n]!) * (4 / lag);
      });
    }
    return values.map((value) => (Number.isNaN(value) ? 0 : clamp(value, -this.clip, this.clip)));
  }
}

function widthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.width, 0);
}
