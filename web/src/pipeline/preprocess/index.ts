/** Bring any clip to the form that a model was trained on: `chereme.preprocess`, as far as bundles that ship ask for it. */

import { Layout } from "../layout";
import { RefusedError } from "../refused";
import { pick, type Sequence } from "../sequence";
import { Settings, type Table } from "../settings";
import { alignBody, alignHands, eitherHandLeads, mirrorToDominant, turnedRound } from "./align";
import { fillGaps } from "./gaps";
import { hideRestingHands, restLine, whileHandsAreRaised } from "./rest";
import { sortHands } from "./sides";
import { whileHandsAreSeen } from "./trim";

const ALIGNMENTS = ["shoulders", "hands", "hands-in-picture"] as const;
const TRIMS = ["none", "hands", "raised"] as const;
/** Settings of a trim that say how motion is read, which these kinds do not. */
const OF_MOTION = (
  "landmarks difference background combine smoothing threshold peak_height peak_width slope_window slope_height" +
  " slope_width fallback_threshold grey_step history variance picture_side"
).split(" ");
/** Of a body, what no recognizer can do without; every point of the hands comes beside them. */
const NEEDED = ["shoulder", "elbow", "wrist"];

export class Preprocess {
  private readonly align: (typeof ALIGNMENTS)[number];
  private readonly trim: (typeof TRIMS)[number];
  private readonly lead: number;
  private readonly sortHands: boolean;
  private readonly hideResting: boolean;
  private readonly dominant: boolean;
  private readonly clearly: number;
  private readonly bothWays: boolean;
  private readonly longestGap: number;
  private readonly longestEnd: number;

  /** @throws RefusedError when a setting is not known here; it is named. */
  constructor(
    private readonly layout: Layout,
    preprocess: Table,
    trim: Table,
  ) {
    const settings = new Settings(preprocess, "preprocess");
    settings.only("layout", layout.name);
    this.align = settings.word("align", ALIGNMENTS);
    this.sortHands = settings.flag("sort_hands");
    this.dominant = settings.flag("dominant");
    this.clearly = settings.number("clearly");
    this.bothWays = settings.flag("both_ways");
    this.hideResting = settings.flag("hide_resting");
    this.longestGap = settings.number("longest_gap");
    this.longestEnd = settings.number("longest_end");
    settings.only("average_hands", false);
    settings.done();
    const trimming = new Settings(trim, "trim");
    this.trim = trimming.word("kind", TRIMS);
    this.lead = trimming.number("lead");
    trimming.passOver(...OF_MOTION);
    trimming.done();
  }

  /** The clip ready for its features and, where the bundle asks and either hand may lead, its mirror image too. */
  ways(sequence: Sequence): Sequence[] {
    const ready = this.ready(sequence);
    return this.bothWays && eitherHandLeads(ready, this.clearly) ? [ready, turnedRound(ready)] : [ready];
  }

  ready(sequence: Sequence): Sequence {
    let clip = pick(sequence, this.layout);
    if (this.sortHands) clip = sortHands(clip);
    const line = this.hideResting || this.trim === "raised" ? restLine(sequence) : undefined;
    if (line && this.hideResting) clip = hideRestingHands(clip, line);
    if (this.trim === "hands") clip = whileHandsAreSeen(clip);
    if (line && this.trim === "raised") clip = whileHandsAreRaised(clip, sequence, line, this.lead);
    clip = fillGaps(clip, this.longestGap, this.longestEnd);
    clip = this.align === "shoulders" ? alignBody(clip) : alignHands(clip, this.align === "hands-in-picture");
    return this.dominant ? mirrorToDominant(clip, this.clearly) : clip;
  }

  /** @throws RefusedError when a layout lacks landmarks that the model cannot do without. */
  checkFit(source: Layout): void {
    const lacking = this.layout.names.filter((name) => {
      const group = name.slice(0, name.indexOf("/"));
      const needed = !["pose", "body", "face"].includes(group) || NEEDED.includes(name.slice(name.lastIndexOf("_") + 1));
      return needed && !source.has(name);
    });
    if (lacking.length) throw new RefusedError(`layout ${source.name} lacks ${lacking.join(", ")}`);
  }
}
