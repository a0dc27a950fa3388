import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Landmarks, Span } from "../api";
import { Figure } from "../figure";
import { number, useWords } from "../words";
import { Icon } from "./icons";
import { useMoving } from "./moving";

const NONE: Span[] = [];
const SPEEDS = [0.5, 0.75, 1] as const;

interface Props {
  landmarks: Landmarks;
  spans?: Span[];
  /** What a screen reader says of the picture. */
  label: string;
}

/** A drawn person who signs, with the signs below; touch one to see it again. */
export function Signer({ landmarks, spans = NONE, label }: Props) {
  const t = useWords().signer;
  const figure = useMemo(() => new Figure(landmarks), [landmarks]);
  const lasts = Math.max(1, figure.frames) / landmarks.fps;
  const canvas = useRef<HTMLCanvasElement>(null);
  const seek = useRef<HTMLInputElement>(null);
  const clock = useRef(0);
  const speed = useRef(1);
  const [pace, setPace] = useState(1);
  const [playing, setPlaying] = useState(true);
  const [ended, setEnded] = useState(false);
  const [active, setActive] = useState(-1);

  useEffect(() => {
    clock.current = 0;
    setPlaying(true);
  }, [figure]);

  const drawAgain = useMoving(
    canvas,
    playing,
    (passed) => {
      if (playing) clock.current = Math.min(lasts, clock.current + passed * speed.current);
      if (clock.current >= lasts) setPlaying(false);
      setEnded(clock.current >= lasts);
      if (canvas.current) figure.draw(canvas.current, clock.current);
      if (seek.current && document.activeElement !== seek.current) seek.current.value = String(clock.current / lasts);
      setActive(spans.findIndex((span) => clock.current >= span.start && clock.current < span.end));
    },
    [figure, spans],
  );

  const goTo = (seconds: number, play: boolean) => {
    clock.current = seconds;
    setPlaying(play);
    drawAgain();
  };
  return (
    <div class="signer" data-playing={String(playing)}>
      <div class="stage-light">
        <canvas ref={canvas} role="img" aria-label={label} />
      </div>
      <div class="controls">
        <button
          class="round"
          type="button"
          aria-label={ended ? t.replay : playing ? t.pause : t.play}
          onClick={() => (ended ? goTo(0, true) : setPlaying(!playing))}
        >
          <Icon name={ended ? "replay" : playing ? "pause" : "play"} />
        </button>
        <input
          ref={seek}
          class="slider"
          type="range"
          min="0"
          max="1"
          step="any"
          defaultValue="0"
          aria-label={t.place}
          onInput={(event) => goTo(Number(event.currentTarget.value) * lasts, false)}
        />
        <div class="segments" role="group" aria-label={t.speed}>
          {SPEEDS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={pace === one}
              onClick={() => {
                speed.current = one;
                setPace(one);
              }}
            >
              {number(one, one === 0.75 ? 2 : one === 1 ? 0 : 1)}×
            </button>
          ))}
        </div>
      </div>
      {spans.length > 0 && (
        <ol class="spans" aria-label={t.spans}>
          {spans.map((span, i) => (
            <li key={`${span.start}`}>
              <button
                type="button"
                class="span"
                data-how={span.how}
                aria-current={i === active ? "true" : undefined}
                onClick={() => goTo(span.start, true)}
              >
                <span class="gloss">{span.gloss}</span>
                <span class="how">{t[span.how as "lexicon" | "producer" | "spelled"] ?? span.how}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
