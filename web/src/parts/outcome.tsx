import { useEffect } from "preact/hooks";
import type { Named } from "../naming";
import { fill, number, percent, useWords, type Words } from "../words";
import { announce, useTurnTo } from "./announce";
import { Ranked } from "./ranked";

interface OutcomeProps {
  named: Named;
  count: number;
  still: boolean;
  /** What the drawn figure of a sample signed. */
  signed?: string;
  /** Does not move the reader's attention. */
  quiet?: boolean;
  children?: preact.ComponentChildren;
}

/** What is read aloud of a sign. */
export function spoken({ predictions, unknownBecause: because }: Named, { recognize: t }: Words): string {
  if (because === "no_hand") return t.doubts[because].join(". ");
  const values = { word: predictions[0]!.gloss, percent: percent(predictions[0]!.probability) };
  if (!because) return fill(t.saidWord, values);
  return fill(because === "unlike" ? t.saidUnlike : t.saidUnsure, { doubt: t.doubts[because][0], ...values });
}

/** What a sign is named, how surely, and by whom. */
export function Outcome({ named, count, still, signed, quiet, children }: OutcomeProps) {
  const all = useWords();
  const t = all.recognize;
  const best = named.predictions[0]!;
  const because = named.unknownBecause;
  const values = { percent: percent(best.probability), count };
  const heading = useTurnTo<HTMLHeadingElement>(quiet ? null : named);
  useEffect(() => {
    if (!quiet) announce(spoken(named, all));
  }, [named, t]);
  const [word, note] = because ? t.doubts[because] : [best.gloss, best.probability < 0.7 ? t.unsure : t.sure];
  const verdict = named.taught ? t.taughtNote : fill(note, values);
  const notes = [signed && fill(t.sampleSigned, { gloss: signed }), verdict, still && t.stillNote].filter(Boolean);
  return (
    <div class="outcome">
      <p id="kicker" class="kicker">
        {because ? t.unknownKicker : t.looksLike}
      </p>
      <h2
        id="word"
        class={`word${word.length > 12 ? " long" : ""}`}
        tabIndex={-1}
        ref={heading}
      >
        {word}
      </h2>
      <p id="verdict" class="soft">
        {notes.join(" ")}
      </p>
      {because !== "no_hand" && <Ranked guesses={named.predictions} faint={because !== null} shares={because !== "unlike"} />}
      <p id="times" class="fine">
        {fill(named.byService ? t.byService : t.byBrowser, { seconds: number(named.seconds, 2) })}
      </p>
      {children}
    </div>
  );
}
