import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { pointsOf } from "../body";
import { closeCamera, openCamera } from "../camera";
import { loading, tracker } from "../engine";
import { picture } from "../film";
import { Arrivals, Segmenter, type Frame } from "../pipeline";
import { drawSkeleton, drawingOf, frameSeen } from "../skeleton";
import { fill, percent, useWords } from "../words";
import { announce } from "./announce";
import { Failure, faultOf, type Fault } from "./failure";
import { Icon } from "./icons";

type State = "asking" | "opening" | "loading" | "on";
export type Mood = "quiet" | "signing" | "nobody";

export interface LiveProps {
  /** Begin at once where the camera has been allowed before. */
  eager?: boolean;
  /** What the camera is for, on this page. */
  why?: string;
  /** A finished sign: its frames, and the size of the pictures. */
  onSign?: (frames: Frame[], size: [number, number]) => void;
  /** Each frame as it is seen, and how many come in a second. */
  onFrame?: (frame: Frame, rate: number) => void;
  onOff?: () => void;
  onStream?: (stream: MediaStream | null) => void;
  /** Looks at nothing for the time being: something else needs the camera's pictures. */
  paused?: boolean;
  /** Over the picture, beside the button that turns it off. */
  children?: ComponentChildren;
}

async function allowedBefore(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "camera" as PermissionName })).state === "granted";
  } catch {
    return false; // some browsers do not tell
  }
}

const SHOULDERS = [11, 12];

function moodOf(frame: Frame, signing: boolean): Mood {
  if (signing) return "signing";
  const seen = frameSeen(frame) || SHOULDERS.every((i) => !Number.isNaN(frame.points[3 * i]!));
  return seen ? "quiet" : "nobody";
}

/** The camera: asked for with reasons, shown as a mirror with lines over body and hands, and looked at here. */
export function Live(props: LiveProps) {
  const t = useWords().camera;
  const [state, setState] = useState<State>("asking");
  const [explained, setExplained] = useState(!props.eager);
  const [fault, setFault] = useState<Fault | null>(null);
  const [mood, setMood] = useState<Mood>("quiet");
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const stream = useRef<MediaStream | null>(null);
  /** Counts each turning on and off, so that what waited meanwhile knows that it is over. */
  const turn = useRef(0);
  const latest = useRef(props);
  latest.current = props;

  const off = () => {
    turn.current += 1;
    closeCamera(stream.current);
    stream.current = null;
    latest.current.onStream?.(null);
  };

  const fail = (error: unknown, otherwise: string) => {
    off();
    setState("asking");
    setFault(faultOf(error, otherwise));
  };

  const open = async () => {
    const mine = ++turn.current;
    const over = () => turn.current !== mine; // turned off, or the page was left
    let otherwise = "no_camera";
    setFault(null);
    setState("opening");
    try {
      const opened = await openCamera();
      if (over()) return closeCamera(opened);
      stream.current = opened;
      const gone = () => !over() && fail(new Error("the camera ended"), "no_camera"); // unplugged, or taken away
      for (const track of opened.getTracks()) track.addEventListener("ended", gone);
      video.current!.srcObject = opened;
      await video.current!.play();
      if (over()) return;
      latest.current.onStream?.(opened);
      setState("loading");
      otherwise = "no_tracker";
      const tracking = await tracker();
      if (over()) return;
      setState("on");
      await watch(tracking, over);
    } catch (error) {
      if (!over()) fail(error, otherwise);
    }
  };

  const watch = async (tracking: Awaited<ReturnType<typeof tracker>>, over: () => boolean) => {
    let segmenter = new Segmenter();
    let rate = 0;
    let before = 0;
    let current: Mood = "quiet";
    const shown = video.current!;
    const arrivals = new Arrivals(shown);
    try {
      while (!over()) {
        await arrivals.next();
        if (over()) return;
        if (latest.current.paused) {
          segmenter = new Segmenter();
          continue;
        }
        if (!shown.videoWidth) continue;
        const now = performance.now() / 1000;
        const frame = await tracking.track(await picture(shown), now);
        if (over()) return;
        const size: [number, number] = [shown.videoWidth, shown.videoHeight];
        rate = before ? 0.8 * rate + 0.2 / Math.max(0.001, now - before) : 0;
        before = now;
        drawSkeleton(canvas.current!, drawingOf(size), pointsOf(frame), "cover");
        latest.current.onFrame?.(frame, rate);
        const sign = segmenter.push(frame);
        const next = moodOf(frame, segmenter.signing);
        if (next !== current) setMood((current = next));
        if (sign) latest.current.onSign?.(sign, size);
      }
    } finally {
      arrivals.close();
    }
  };

  // the camera is let go of at once when the page is left, not after the next one was drawn
  useLayoutEffect(() => {
    if (props.eager) {
      void allowedBefore().then((allowed) => {
        if (!video.current) return; // the page was left meanwhile
        if (allowed) void open();
        else setExplained(true);
      });
    }
    return off;
  }, []);
  useEffect(() => {
    if (state === "on") announce(t.quiet);
  }, [state]);

  const share = loading.use();
  if (fault) {
    return (
      <div class="camera-ask card">
        <Failure fault={fault}>
          <button class="button primary" type="button" onClick={open}>
            {t.open}
          </button>
          {props.onOff && (
            <button class="button" type="button" onClick={props.onOff}>
              {t.notNow}
            </button>
          )}
        </Failure>
      </div>
    );
  }
  const saying =
    state === "opening"
      ? t.opening
      : state === "loading"
        ? fill(t.loading, { percent: percent(share) })
        : { quiet: t.noHands, signing: t.signing, nobody: t.nobody }[mood];
  return (
    <div class="live" data-state={state} data-mood={mood}>
      {state === "asking" && explained && (
        <div class="camera-ask card">
          <h2>{t.title}</h2>
          {props.why && <p>{props.why}</p>}
          <p class="soft">{t.why}</p>
          <ul class="points">
            {[t.stays, t.points, t.off].map((line) => (
              <li key={line}>
                <Icon name="check" />
                <span>{line}</span>
              </li>
            ))}
          </ul>
          <div class="actions">
            <button class="button primary" type="button" onClick={open}>
              <Icon name="camera" />
              {t.open}
            </button>
            {props.onOff && (
              <button class="button" type="button" onClick={props.onOff}>
                {t.notNow}
              </button>
            )}
          </div>
        </div>
      )}
      <div class="picture live-picture" hidden={state === "asking"}>
        <video id="live" class="as-mirror" ref={video} muted playsInline aria-label={t.preview} />
        <canvas class="as-mirror lines" ref={canvas} aria-hidden="true" />
        <div class="over actions">
          <p class="mood" data-mood={state === "on" ? mood : "loading"}>
            <span class="dot" aria-hidden="true" />
            {saying}
          </p>
          {state === "on" && props.children}
          <button
            class="button glass"
            type="button"
            onClick={() => {
              off();
              setState("asking");
              setExplained(true);
              props.onOff?.();
            }}
          >
            {t.close}
          </button>
        </div>
      </div>
    </div>
  );
}
