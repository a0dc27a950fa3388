import { useEffect, useRef, useState } from "preact/hooks";
import { COLOURS, clear, drawSkeleton, handsSeen, sharpen, type Drawing, type Points } from "../skeleton";
import { fill, percent, useWords } from "../words";
import { calm } from "./announce";
import { Icon } from "./icons";
import { useMoving } from "./moving";

export interface Seen {
  drawing: Drawing;
  frames: Points[];
  /** Seconds of each frame. */
  times: number[];
}

interface Props {
  /** Of the clip; none where the browser cannot show it. */
  film?: string | undefined;
  still?: string | undefined;
  /** The film is a drawn figure. */
  drawn: boolean;
  seen: Seen;
}

/** A clip with lines over body and hands, and stripes that show when each hand was seen. */
export function Player({ film, still, drawn, seen }: Props) {
  const t = useWords().recognize;
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const tracks = useRef<HTMLCanvasElement>(null);
  const seek = useRef<HTMLInputElement>(null);
  const clock = useRef(0);
  const [playing, setPlaying] = useState(!calm() && seen.frames.length > 1);
  const [slow, setSlow] = useState(false);
  const [lines, setLines] = useState(true);
  const hands = handsSeen(seen.drawing.names, seen.frames);
  const step = seen.times.length > 1 ? (seen.times.at(-1)! - seen.times[0]!) / (seen.times.length - 1) : 0.04;
  const lasts = (seen.times.at(-1) ?? 0) - (seen.times[0] ?? 0) + step;
  const moves = seen.frames.length > 1;

  useEffect(() => {
    if (!video.current) return;
    video.current.currentTime = calm() ? lasts / 2 : 0;
  }, [seen]);

  useEffect(() => {
    const shown = video.current;
    if (!shown) return;
    shown.playbackRate = slow ? 0.5 : 1;
    if (playing) void shown.play().catch(() => setPlaying(false));
    else shown.pause();
  }, [playing, slow, film]);

  const drawAgain = useMoving(
    canvas,
    playing,
    (passed) => {
      if (playing) clock.current = (clock.current + passed * (slow ? 0.5 : 1)) % lasts;
      const time = video.current ? video.current.currentTime : clock.current + (seen.times[0] ?? 0);
      const along = Math.min(1, Math.max(0, (time - (seen.times[0] ?? 0)) / lasts));
      const later = seen.times.findIndex((one) => one > time + step / 2);
      const at = later < 0 ? seen.frames.length - 1 : Math.max(0, later - 1);
      if (canvas.current) {
        if (lines) drawSkeleton(canvas.current, seen.drawing, seen.frames[at]!, "contain");
        else clear(canvas.current);
      }
      if (tracks.current) drawTracks(tracks.current, hands, along);
      if (seek.current && document.activeElement !== seek.current) seek.current.value = String(along);
    },
    [seen, lines],
  );

  const goTo = (share: number) => {
    clock.current = share * lasts;
    if (video.current) video.current.currentTime = share * lasts + (seen.times[0] ?? 0);
    drawAgain();
  };
  const share = (frames: boolean[]) => percent(frames.filter(Boolean).length / Math.max(1, frames.length));
  return (
    <div class="player">
      <div class="picture" style={{ aspectRatio: seen.drawing.size.join(" / ") }}>
        {film && <video id="film" ref={video} src={film} muted loop playsInline aria-label={t.film} onSeeked={drawAgain} />}
        {still && <img id="still" src={still} alt={t.film} />}
        <canvas id="skeleton" class="lines" ref={canvas} aria-hidden="true" />
        {drawn && <p class="badge">{t.drawn}</p>}
      </div>
      {moves && (
        <div class="controls">
          <button class="round" type="button" aria-pressed={playing} aria-label={t.play} onClick={() => setPlaying(!playing)}>
            <Icon name={playing ? "pause" : "play"} />
          </button>
          <div class="tracks">
            <canvas ref={tracks} aria-hidden="true" />
            <input
              ref={seek}
              type="range"
              min="0"
              max="1"
              step="any"
              defaultValue="0"
              aria-label={t.seek}
              onInput={(event) => goTo(Number(event.currentTarget.value))}
            />
          </div>
          <button id="slow" class="chip" type="button" aria-pressed={slow} onClick={() => setSlow(!slow)}>
            {t.slow}
          </button>
          <button id="bones" class="chip" type="button" aria-pressed={lines} onClick={() => setLines(!lines)}>
            {t.bones}
          </button>
        </div>
      )}
      <p class="seen" id="seen">
        <span class="left">{fill(t.seenLeft, { share: share(hands[0]) })}</span>
        <span class="right">{fill(t.seenRight, { share: share(hands[1]) })}</span>
      </p>
    </div>
  );
}

function drawTracks(canvas: HTMLCanvasElement, hands: [boolean[], boolean[]], along: number): void {
  sharpen(canvas);
  const pen = canvas.getContext("2d")!;
  const { width, height } = canvas;
  const tall = height * 0.34;
  pen.clearRect(0, 0, width, height);
  hands.forEach((frames, hand) => {
    const step = width / frames.length;
    pen.fillStyle = COLOURS[hand ? "right" : "left"];
    frames.forEach((there, i) => {
      pen.globalAlpha = there ? 1 : 0.15;
      pen.fillRect(i * step, hand ? height - tall : 0, step + 0.5, tall);
    });
  });
  pen.globalAlpha = 1;
  pen.fillStyle = "#ffffff";
  pen.fillRect(Math.min(width - 4, along * width - 2), 0, 4, height);
}
