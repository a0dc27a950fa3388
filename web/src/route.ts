import { Store } from "./store";

export const PAGES = ["recognize", "desk", "dictionary", "teach", "practice", "about"] as const;
export type Page = (typeof PAGES)[number];

function here(): Page {
  const [path] = location.hash.split("?");
  return PAGES.find((page) => path === `#/${page}`) ?? "recognize";
}

function askedHere(): string {
  return location.hash.split("?")[1] ?? "";
}

/** The page that the address names; after the #, so that it works without a network and from any folder. */
export const route = new Store<Page>(here());

/** What the address asks of its page, as in `#/dictionary?q=book`. */
export const asked = new Store(askedHere());

/** Keep in the address what is asked of this page, so that it can be loaded again and handed on; empty values are left out. */
export function keepInAddress(values: Record<string, string>): void {
  const given = new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  if (given === askedHere()) return;
  history.replaceState(history.state, "", `#/${here()}${given && `?${given}`}`);
  asked.value = given;
}

addEventListener("hashchange", () => {
  route.value = here();
  asked.value = askedHere();
});
