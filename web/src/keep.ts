/** The service worker: keeps the page for use without a network, and tells when a newer one has come. */

import { Store } from "./store";

/** A newer version of the page waits to be used. */
export const newer = new Store(false);
/** All that recognizing needs is kept on this device. */
export const kept = new Store(false);

let waiting: ServiceWorker | null = null;

export function keepForOffline(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  addEventListener("load", () => void register().catch((error: unknown) => console.info(error)));
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data === "kept") kept.value = true;
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

export function takeNewer(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waiting?.postMessage("take over");
}
