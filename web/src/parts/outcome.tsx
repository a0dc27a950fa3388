import { useEffect } from "preact/hooks";
import type { Named } from "../naming";
import { fill, number, percent, useWords } from "../words";
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

/** What a sign is named, how surely, and by whom. */
export function Outcome({ named, count, still, signed, quiet, children }: OutcomeProps) {
  const t = useWords().recognize;
  const best = named.predictions[0]!;
  const values = { percent: percent(best.probability), count, word: best.gloss };
  const heading = useTurnTo<HTMLHeadingElement>(quiet ? null : named);
  useEffect(() => {
    if (!quiet) announce(fill(named.unknown ? t.saidUnknown : t.saidWord, values));
  }, [named, t]);
  const verdict = named.taught
    ? t.taughtNote
    : fill(named.unknown ? t.unknownNote : best.probability < 0.7 ? t.unsure : t.sure, values);
  const notes = [signed && fill(t.sampleSigned, { gloss: signed }), verdict, still && t.stillNote].filter(Boolean);
  return (
    <div class="outcome">
      <p id="kicker" class="kicker">
        {named.unknown ? t.unknownKicker : t.looksLike}
      </p>
      <h2
        id="word"
        class={`word${named.unknown || best.gloss.length > 12 ? " long" : ""}`}
        tabIndex={-1}
        ref={heading}
      >
        {named.unknown ? t.unknown : best.gloss}
      </h2>
      <p id="verdict" class="soft">
        {notes.join(" ")}
      </p>
      <Ranked guesses={named.predictions} faint={named.unknown} />
      <p id="times" class="fine">
        {fill(named.byService ? t.byService : t.byBrowser, { seconds: number(named.seconds, 2) })}
      </p>
      {children}
    </div>
  );
}
