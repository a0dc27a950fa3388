/** A sign looked up by signing it: in the browser, or by the chereme program where the browser cannot. */

import * as api from "../api";
import { sent } from "../body";
import { checkHand } from "../check-hand";
import { mayAsk } from "../engine";
import { Encoder, Lexicons, RefusedError, type Frame } from "../pipeline";
import { MayWeAsk } from "./clip";

export interface LookedUp extends api.Hits {
  /** The chereme program did it, not the browser. */
  byService: boolean;
}

let held: { lexicons: Lexicons; version: string } | undefined;
const encoders = new Map<string, Promise<Encoder>>();

/** The signs that are most like a clip; `MayWeAsk` where only the program can tell, and may not be asked. */
export async function lookUp(frames: Frame[], size: [number, number], top: number): Promise<LookedUp> {
  checkHand(frames, size);
  const begun = performance.now();
  try {
    const found = await (await lexicons()).search(encoder, frames, size, top);
    return { ...found, seconds: (performance.now() - begun) / 1000, byService: false };
  } catch (error) {
    if (error instanceof api.Refused && error.code === "offline") throw error;
    if (!(error instanceof api.Refused || error instanceof RefusedError)) console.info(error);
  }
  // the program may still manage what this browser cannot
  if (!mayAsk.value) throw new MayWeAsk();
  return { ...(await api.searchLexicon(sent(frames, size), top)), byService: true };
}

/** Load what the first search needs while the camera is still being turned on. */
export async function makeReady(): Promise<void> {
  try {
    await Promise.all((await lexicons()).encoders.map(encoder));
  } catch {
    // the search will say why
  }
}

/** As they are now: signs may have been added since; the browser fetches them again only then. */
async function lexicons(): Promise<Lexicons> {
  const found = await api.embeddings(held?.version);
  if (found) held = { lexicons: new Lexicons(found.lexicons), version: found.version };
  return held!.lexicons;
}

function encoder(bundle: string): Promise<Encoder> {
  const loading =
    encoders.get(bundle) ??
    Encoder.load(bundle).catch((error: unknown) => {
      encoders.delete(bundle); // it can be tried again
      throw error;
    });
  encoders.set(bundle, loading);
  return loading;
}
