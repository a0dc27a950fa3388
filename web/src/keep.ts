/** The service worker: keeps the page for use without a network, and tells when a newer one has come. */

import { useLayoutEffect } from "preact/hooks";
import { Store } from "./store";

/** A newer version of the page waits to be used. */
export const newer = new Store(false);
/** All that recognizing needs is kept on this device. */
export const kept = new Store(false);

/** How many parts of this window hold what would be lost if it were loaded again. */
export const holding = new Store(0);

let waiting: ServiceWorker | null = null;

/** Keeps this window from loading a newer version by itself, for as long as `held`: a recording runs, words stand there. */
export function useHold(held: boolean): void {
  useLayoutEffect(() => {
    if (!held) return undefined;
    holding.value += 1;
    return () => {
      holding.value -= 1;
    };
  }, [held]);
}

export function keepForOffline(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  followTheWorker();
  addEventListener("load", () => void register().catch((error: unknown) => console.info(error)));
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data === "keep: kept") kept.value = true;
  });
}

async function register(): Promise<void> {
  const registration = await navigator.serviceWorker.register("./sw.js");
  const wait = (worker: ServiceWorker | null) => {
    if (!worker || !navigator.serviceWorker.controller) return; // the first one is not newer than anything
    waiting = worker;
    newer.value = true;
  };
  wait(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const found = registration.installing;
    found?.addEventListener("statechange", () => found.state === "installed" && wait(found));
  });
  const ready = await navigator.serviceWorker.ready;
  ready.active?.postMessage("keep");
}

/** Whether a bundle's model can be used without a network; answers once there is a worker that could keep it. */
export async function isKept(bundle: string): Promise<boolean> {
  await navigator.serviceWorker.ready;
  const model = `/api/v1/bundles/${encodeURIComponent(bundle)}/model.onnx`;
  return (await caches.match(model, { ignoreSearch: true })) !== undefined;
}

/** Have what compares taught signs kept; false when the device has no room for it, or no network. */
export async function keepEncoder(): Promise<boolean> {
  const { serviceWorker } = navigator;
  const { active } = await serviceWorker.ready;
  return new Promise((done) => {
    const told = ({ data }: MessageEvent) => {
      if (data !== "keep encoder: kept" && data !== "keep encoder: not kept") return;
      serviceWorker.removeEventListener("message", told);
      done(data === "keep encoder: kept");
    };
    serviceWorker.addEventListener("message", told);
    active!.postMessage("keep encoder");
  });
}

/** Load the page again when a newer worker takes over, whichever window asked for it. */
function followTheWorker(): void {
  const { serviceWorker } = navigator;
  let known = Boolean(serviceWorker.controller);
  let due = false;
  const loadWhenFree = () => {
    if (!due || holding.value) return;
    due = false;
    location.reload();
  };
  serviceWorker.addEventListener("controllerchange", () => {
    due = known; // the first one is of this very version
    known = true;
    loadWhenFree();
  });
  holding.follow(() => setTimeout(loadWhenFree)); // what one part lets go of, another may take up at once
}

export function takeNewer(): void {
  waiting?.postMessage("take over");
}
