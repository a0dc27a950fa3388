import type { RefObject } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";

/**
 * Draws before each of the screen's pictures while something moves, and at rest only when there is a reason: the canvas
 * has another size, what is drawn changed, or the function that is given back was called.
 *
 * @param draw is told the seconds that passed; 0 after a rest.
 * @param what is drawn: another one is drawn at once.
 */
export function useMoving(
  canvas: RefObject<HTMLCanvasElement | null>,
  moving: boolean,
  draw: (passed: number) => void,
  what: readonly unknown[],
): () => void {
  const latest = useRef(draw);
  latest.current = draw;
  const ask = useRef<() => void>(() => undefined);

  useEffect(() => {
    let asked = 0;
    let ticked: number | undefined;
    const tick = (now: number) => {
      asked = 0;
      latest.current(ticked === undefined ? 0 : (now - ticked) / 1000);
      ticked = moving ? now : undefined;
      if (moving) ask.current();
    };
    ask.current = () => {
      asked ||= requestAnimationFrame(tick);
    };
    ask.current();
    const sizes = new ResizeObserver(() => ask.current());
    if (canvas.current) sizes.observe(canvas.current);
    return () => {
      sizes.disconnect();
      cancelAnimationFrame(asked);
      ask.current = () => undefined;
    };
  }, [moving, ...what]);
  return useCallback(() => ask.current(), []);
}
