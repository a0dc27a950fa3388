import type { Guess } from "../api";
import { percent, useWords } from "../words";

/** Words with their probabilities, as bars that can be compared at a glance. */
export function Ranked({ guesses, faint, shares = true }: { guesses: Guess[]; faint: boolean; shares?: boolean }) {
  const t = useWords().recognize;
  return (
    <ol id="ranked" class={`ranked${faint ? " faint" : ""}`} aria-label={t.ranked}>
      {guesses.map(({ gloss, probability }) => (
        <li key={gloss}>
          <span class="gloss">{gloss}</span> {shares && <span class="share">{percent(probability)}</span>}
          {shares && (
            <span class="track" aria-hidden="true">
              <span class="fill" style={{ width: `${Math.max(0.5, 100 * probability)}%` }} />
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
