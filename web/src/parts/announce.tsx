import { useEffect, useRef } from "preact/hooks";
import { Store } from "../store";

const said = new Store("");

/** Tell those who listen to the page instead of looking at it. */
export function announce(text: string): void {
  said.value = said.value === text ? `${text}\u00a0` : text; // the same words again are told again
}

export function Announcements() {
  return (
    <p id="said" class="hidden" role="status" aria-live="polite">
      {said.use()}
    </p>
  );
}

/** A heading that the reader's attention moves to when it comes, and no further than needed. */
export function useTurnTo<T extends HTMLElement>(when: unknown) {
  const ref = useRef<T>(null);
  useEffect(() => {
    if (!when || !ref.current) return;
    ref.current.focus({ preventScroll: true });
    ref.current.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }, [when]);
  return ref;
}

export function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
