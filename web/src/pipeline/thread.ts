/** Work in a thread of its own: questions go in, one answer comes back to each. */

import { RefusedError } from "./refused";

interface Asked<Q> {
  id: number;
  question: Q;
}

type Told<A> =
  | { id: number; kind: "answer"; answer: A }
  | { id: number; kind: "progress"; share: number }
  | { id: number; kind: "failed"; name: string; message: string };

interface Waiting<A> {
  done: (answer: A) => void;
  failed: (error: Error) => void;
  progress: ((share: number) => void) | undefined;
}

/** The page's end. */
export class Thread<Q, A> {
  private readonly waiting = new Map<number, Waiting<A>>();
  private asked = 0;
  private ended: Error | undefined;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Told<A>>) => this.told(data);
    worker.onerror = (event) => this.close(event.message || "its script cannot be loaded");
  }

  ask(question: Q, transfer: Transferable[] = [], progress?: (share: number) => void): Promise<A> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((done, failed) => {
      const id = this.asked++;
      this.waiting.set(id, { done, failed, progress });
      this.worker.postMessage({ id, question } satisfies Asked<Q>, transfer);
    });
  }

  /** Ends the thread; what waits for an answer is told why there will be none. */
  close(reason: string): void {
    this.worker.terminate();
    this.ended = new Error(reason);
    for (const { failed } of this.waiting.values()) failed(this.ended);
    this.waiting.clear();
  }

  private told(told: Told<A>): void {
    const waiting = this.waiting.get(told.id);
    if (told.kind === "progress") return waiting?.progress?.(told.share);
    this.waiting.delete(told.id);
    if (told.kind === "answer") return waiting?.done(told.answer);
    const Kind = told.name === "RefusedError" ? RefusedError : Error;
    waiting?.failed(new Kind(told.message));
  }
}

/** The worker's end: answers the questions one after the other, in the order in which they came. */
export function answer<Q, A>(
  work: (question: Q, progress: (share: number) => void) => Promise<A>,
  transfer: (answer: A) => Transferable[] = () => [],
): void {
  const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
  const tell = (told: Told<A>, taken: Transferable[] = []) => scope.postMessage(told, taken);
  let last: Promise<void> = Promise.resolve();

  const one = async ({ id, question }: Asked<Q>) => {
    try {
      const found = await work(question, (share) => tell({ id, kind: "progress", share }));
      tell({ id, kind: "answer", answer: found }, transfer(found));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      tell({ id, kind: "failed", name, message });
    }
  };
  scope.onmessage = ({ data }: MessageEvent<Asked<Q>>) => {
    last = last.then(() => one(data));
  };
}
