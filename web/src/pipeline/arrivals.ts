/**
 * Tells when a camera's next picture is there: at once, where one came while nobody asked.
 *
 * To wait for the next one each time would cost a slow engine half a picture's time for each that it looks at.
 */
export class Arrivals {
  private fresh = false;
  private wake: (() => void) | undefined;
  private ended = false;

  constructor(video: HTMLVideoElement) {
    // browsers that cannot tell of a picture are asked each time that the screen is drawn
    const each =
      "requestVideoFrameCallback" in video
        ? (next: () => void) => void video.requestVideoFrameCallback(next)
        : (next: () => void) => void requestAnimationFrame(next);
    const came = () => {
      this.fresh = true;
      this.wake?.();
      if (!this.ended && video.isConnected) each(came);
    };
    each(came);
  }

  async next(): Promise<void> {
    if (!this.fresh) await new Promise<void>((resolve) => (this.wake = resolve));
    this.fresh = false;
  }

  /** Stops listening; whoever waits goes on. */
  close(): void {
    this.ended = true;
    this.wake?.();
  }
}
