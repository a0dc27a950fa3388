import { Store } from "./store";

export const PAGES = ["recognize", "desk", "dictionary", "teach", "practice", "about"] as const;
export type Page = (typeof PAGES)[number];

function here(): Page {
  return PAGES.find((page) => location.hash === `#/${page}`) ?? "recognize";
}

/** The page that the address names; after the #, so that it works without a network and from any folder. */
export const route = new Store<Page>(here());

addEventListener("hashchange", () => (route.value = here()));
