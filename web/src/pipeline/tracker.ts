import { Thread } from "./thread";
import type { Frame } from "./types";

/** What the worker is asked. */
export type TrackerQuestion =
  | { kind: "load" }
  | { kind: "restart" }
  | { kind: "look"; source: VideoFrame | ImageBitmap };

/** Points of a picture; nothing where it is asked for something else. */
export type TrackerAnswer = Float32Array<ArrayBuffer> | undefined;

/** Finds the landmarks of one person in picture after picture, in a thread of its own. */
export class Tracker {
  private last = -Infinity;

  private constructor(private readonly thread: Thread<TrackerQuestion, TrackerAnswer>) {}

  /**
   * Fetch the engine and its models, about 17 MB the first time.
   *
   * @param progress is told the share that is there, 0 to 1.
   */
  static async load(progress?: (share: number) => void): Promise<Tracker> {
    const worker = new Worker(new URL("./tracker.worker.ts", import.meta.url));
    const thread = new Thread<TrackerQuestion, TrackerAnswer>(worker);
    try {
      await thread.ask({ kind: "load" }, [], progress);
    } catch (error) {
      const reason = `the landmark engine cannot be loaded: ${(error as Error).message}`;
      thread.close(reason);
      throw new Error(reason);
    }
    return new Tracker(thread);
  }

  /**
   * The landmarks of the next picture, which is taken away and closed.
   *
   * The person is followed from picture to picture; where time jumps back another clip begins, and nothing of the one
   * before is carried over.
   *
   * @param source not mirrored: its left hand is then the signer's right.
   * @param time seconds.
   */
  async track(source: VideoFrame | ImageBitmap, time: number): Promise<Frame> {
    if (time <= this.last) this.restart();
    this.last = time;
    const points = await this.thread.ask({ kind: "look", source }, [source]);
    return { points: points!, time };
  }

  /**
   * Forget the person that was followed: another clip begins.
   *
   * The engine takes a second or so to start anew; called at the end of a clip, nobody waits for it.
   */
  restart(): void {
    if (this.last === -Infinity) return;
    this.last = -Infinity;
    this.thread.ask({ kind: "restart" }).catch((error: Error) => this.thread.close(error.message));
  }

  close(): void {
    this.thread.close("the tracker was closed");
  }
}
