import type { Frame } from "./types";

/** To the worker. */
export type Request =
  | { kind: "load" }
  | { kind: "restart" }
  | { kind: "look"; id: number; source: VideoFrame | ImageBitmap };

/** From the worker. */
export type Reply =
  | { kind: "progress"; share: number }
  | { kind: "ready" }
  | { kind: "points"; id: number; points: Float32Array }
  | { kind: "failed"; id?: number; reason: string };

interface Waiting {
  done: (points: Float32Array) => void;
  failed: (error: Error) => void;
}

/** Finds the landmarks of one person in picture after picture, in a thread of its own. */
export class Tracker {
  private readonly waiting = new Map<number, Waiting>();
  private looked = 0;
  private last = -Infinity;

  private constructor(private readonly worker: Worker) {}

  /**
   * Fetch the engine and its models, about 17 MB the first time.
   *
   * @param progress is told the share that is there, 0 to 1.
   */
  static async load(progress?: (share: number) => void): Promise<Tracker> {
    const worker = new Worker(new URL("./tracker.worker.ts", import.meta.url));
    const tracker = new Tracker(worker);
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string) => {
        worker.terminate();
        reject(new Error(`the landmark engine cannot be loaded: ${reason}`));
      };
      worker.onerror = (event) => fail(event.message);
      worker.onmessage = ({ data }: MessageEvent<Reply>) => {
        if (data.kind === "progress") progress?.(data.share);
        if (data.kind === "ready") resolve();
        if (data.kind === "failed") fail(data.reason);
      };
      tracker.ask({ kind: "load" });
    });
    progress?.(1);
    worker.onmessage = ({ data }: MessageEvent<Reply>) => tracker.answered(data);
    worker.onerror = (event) => tracker.close(event.message);
    return tracker;
  }

  /**
   * The landmarks of the next picture, which is closed when it has been looked at.
   *
   * The person is followed from picture to picture; where time jumps back, another clip begins and nothing of the one
   * before is carried over.
   *
   * @param source not mirrored: its left hand is then the signer's right.
   * @param time seconds.
   */
  async track(source: VideoFrame | ImageBitmap, time: number): Promise<Frame> {
    if (time <= this.last) this.restart();
    this.last = time;
    const id = this.looked++;
    const points = await new Promise<Float32Array>((done, failed) => {
      this.waiting.set(id, { done, failed });
      this.ask({ kind: "look", id, source }, [source]);
    });
    return { points, time };
  }

  /** Forget the person that was followed: another clip begins. */
  restart(): void {
    this.last = -Infinity;
    this.ask({ kind: "restart" });
  }

  close(reason = "the tracker was closed"): void {
    this.worker.terminate();
    for (const { failed } of this.waiting.values()) failed(new Error(reason));
    this.waiting.clear();
  }

  private ask(request: Request, transfer: Transferable[] = []): void {
    this.worker.postMessage(request, transfer);
  }

  private answered(reply: Reply): void {
    if ((reply.kind !== "points" && reply.kind !== "failed") || reply.id === undefined) return;
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.kind === "points") waiting?.done(reply.points);
    else waiting?.failed(new Error(reply.reason));
  }
}
