import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { Recording } from "../camera";
import { mayAsk, service, type Service } from "../engine";
import { nameSign, type Named } from "../naming";
import { announce, useTurnTo } from "../parts/announce";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Hands } from "../parts/hands";
import { Icon } from "../parts/icons";
import { Live } from "../parts/live";
import { Player } from "../parts/player";
import { Ranked } from "../parts/ranked";
import type { Frame } from "../pipeline";
import { drawSkeleton, drawingOf } from "../skeleton";
import { fill, language, number, percent, useWords } from "../words";
import { MayWeAsk, nameClip, type Clip, type Progress, type Result } from "./clip";

type View =
  | { name: "idle" }
  | { name: "live" }
  | { name: "working" }
  | { name: "ask"; clip: Clip }
  | { name: "result"; clip: Clip; result: Result }
  | { name: "error"; fault: Fault };

/** Below this a live view misses too much of a sign. */
const SLOW = 8;

export function Recognize() {
  const t = useWords().recognize;
  const [view, setView] = useState<View>({ name: "idle" });
  const [known, setKnown] = useState<Service | null>(null);
  const [mirrored, setMirrored] = useState(false);
  const [dragging, setDragging] = useState(false);
  const [progress, setProgress] = useState<Progress>({ share: 0 });
  const [heard, setHeard] = useState<Named[]>([]);
  const call = useRef<AbortController | null>(null);
  const address = useRef("");
  const nextSample = useRef(0);
  const video = useRef<HTMLVideoElement>(null);
  const model = known?.models.find((one) => one.kind === "recognizer" && one.default);
  const count = model?.labels.length ?? 0;

  const forget = () => {
    call.current?.abort();
    call.current = null;
    if (address.current) URL.revokeObjectURL(address.current);
    address.current = "";
    announce("");
  };
  const fail = (error: unknown) => setView({ name: "error", fault: faultOf(error) });
  const toStart = () => {
    forget();
    setView({ name: "idle" });
  };

  const run = async (clip: Clip) => {
    const mine = new AbortController();
    call.current = mine;
    setProgress({ share: 0 });
    setView({ name: "working" });
    try {
      await new Promise(requestAnimationFrame); // the video has to be on the page first
      const result = await nameClip(clip, video.current!, mine.signal, setProgress);
      if (call.current === mine) setView({ name: "result", clip, result });
    } catch (error) {
      if (call.current !== mine || api.isAbort(error)) return;
      if (error instanceof MayWeAsk) setView({ name: "ask", clip });
      else fail(error);
    }
  };
  const take = (file: File, source: Clip["source"], gloss?: string) => {
    forget();
    address.current = URL.createObjectURL(file);
    const turned = source === "file" && mirrored;
    void run({ file, address: address.current, source, mirrored: turned, ...(gloss && { gloss }) });
  };
  const trySample = async () => {
    const { samples } = known!;
    const sample = samples[nextSample.current++ % samples.length]!;
    forget();
    const mine = (call.current = new AbortController());
    try {
      const film = await api.sampleFilm(sample, mine.signal);
      if (call.current === mine) take(film, "sample", sample.gloss);
    } catch (error) {
      if (call.current === mine) fail(error);
    }
  };

  useEffect(() => {
    service().then(setKnown, fail);
    const over = (event: DragEvent) => {
      event.preventDefault();
      setDragging(true);
    };
    const left = (event: DragEvent) => !event.relatedTarget && setDragging(false);
    const pressed = (event: KeyboardEvent) => event.key === "Escape" && call.current && toStart();
    addEventListener("dragover", over);
    addEventListener("dragleave", left);
    addEventListener("keydown", pressed);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", left);
      removeEventListener("keydown", pressed);
      forget();
    };
  }, []);
  useEffect(() => {
    const dropped = (event: DragEvent) => {
      event.preventDefault();
      setDragging(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file) take(file, "file");
    };
    addEventListener("drop", dropped);
    return () => removeEventListener("drop", dropped);
  }, [mirrored, known]);

  const limits = known?.health.limits ?? { megabytes: 64, seconds: 30, megapixels: 25 };
  const starting = view.name === "idle" || view.name === "error" || view.name === "ask";
  return (
    <div class={`recognize${dragging ? " dragging" : ""}`} data-view={view.name}>
      <div class="halves">
        <section id="stage" class="stage" aria-label={t.stage}>
          {starting && (
            <div class="drop">
              <Hands />
              <h1 tabIndex={-1}>{t.title}</h1>
              <p class="lead">{t.lead}</p>
              <div class="tiles">
                <button id="camera" class="tile" type="button" onClick={() => (forget(), setView({ name: "live" }))}>
                  <Icon name="camera" />
                  <strong>{t.camera}</strong>
                  <span>{t.cameraNote}</span>
                </button>
                <label class="tile" for="file">
                  <input
                    id="file"
                    class="hidden"
                    type="file"
                    accept="video/*,image/*,.pose,.mkv,.avi,.mov"
                    aria-label={t.choose}
                    onChange={(event) => {
                      const [file] = event.currentTarget.files ?? [];
                      if (file) take(file, "file");
                    }}
                  />
                  <Icon name="film" />
                  <strong>{t.choose}</strong>
                  <span>{t.chooseNote}</span>
                </label>
                {!!known?.samples.length && (
                  <button id="sample" class="tile" type="button" onClick={trySample}>
                    <Icon name="figure" />
                    <strong>{t.sample}</strong>
                    <span>{t.sampleNote}</span>
                  </button>
                )}
              </div>
              <label class="check">
                <input
                  id="mirrored"
                  type="checkbox"
                  checked={mirrored}
                  onChange={(event) => setMirrored(event.currentTarget.checked)}
                />
                <span>{t.mirrored}</span>
              </label>
            </div>
          )}
          {view.name === "live" && (
            <LiveStage
              longest={limits.seconds}
              onRecorded={(file) => take(file, "camera")}
              onNamed={(named) => setHeard((before) => [named, ...before].slice(0, 12))}
              onFault={fail}
              onOff={toStart}
            />
          )}
          {view.name === "working" && <Working video={video} progress={progress} />}
          {view.name === "result" && (
            <Player
              key={view.clip.address}
              film={view.result.film}
              still={view.result.still}
              drawn={view.clip.source === "sample"}
              seen={view.result.seen}
            />
          )}
        </section>

        <section class="answer card" aria-label={t.answer}>
          {view.name === "idle" && <Tips some={someOf(model?.labels ?? [])} />}
          {view.name === "live" && <Heard heard={heard} count={count} onClear={() => setHeard([])} />}
          {view.name === "working" && (
            <div class="working">
              <h2>{t.working}</h2>
              <p class="soft">{progress.share === undefined ? t.workingThere : t.workingHere}</p>
              <progress class="progress" max="1" {...(progress.share !== undefined && { value: progress.share })} aria-label={t.working} />
              <button id="cancel" class="button" type="button" onClick={toStart}>
                {t.cancel}
              </button>
            </div>
          )}
          {view.name === "ask" && (
            <div class="ask">
              <h2>{t.askTitle}</h2>
              <p>{fill(t.askNote, { host: location.host })}</p>
              <div class="actions">
                <button
                  class="button primary"
                  type="button"
                  onClick={() => {
                    mayAsk.value = true;
                    void run(view.clip);
                  }}
                >
                  {t.askYes}
                </button>
                <button class="button" type="button" onClick={toStart}>
                  {t.askNo}
                </button>
              </div>
            </div>
          )}
          {view.name === "result" && (
            <Outcome
              named={view.result.named}
              count={count}
              still={view.result.seen.frames.length === 1}
              {...(view.clip.gloss && { signed: view.clip.gloss })}
            >
              <div class="actions">
                <button id="again" class="button primary" type="button" onClick={toStart}>
                  {t.again}
                </button>
                {view.clip.source === "camera" && (
                  <button id="retake" class="button" type="button" onClick={() => (forget(), setView({ name: "live" }))}>
                    {t.retake}
                  </button>
                )}
                {view.clip.source === "sample" && (known?.samples.length ?? 0) > 1 && (
                  <button id="next" class="button" type="button" onClick={trySample}>
                    {t.nextSample}
                  </button>
                )}
              </div>
            </Outcome>
          )}
          {view.name === "error" && (
            <Failure fault={view.fault} values={{ ...limits }}>
              <button id="retry" class="button primary" type="button" onClick={toStart}>
                {t.retry}
              </button>
            </Failure>
          )}
        </section>
      </div>

      <footer class="below">
        {model && (
          <details id="known" class="card">
            <summary>{fill(t.known, { count })}</summary>
            <ul id="words" class="words">
              {sorted(model.labels).map((word) => (
                <li key={word}>{word}</li>
              ))}
            </ul>
          </details>
        )}
        <p>
          <strong>{t.plainPrivacy}</strong> {t.plainPrivacyNote}
        </p>
        <p>
          <strong>{t.plainUse}</strong> {fill(t.plainUseNote, { count: count || "…" })}
        </p>
      </footer>
    </div>
  );
}

function sorted(labels: string[]): string[] {
  return [...labels].sort((a, b) => a.localeCompare(b, language.value, { sensitivity: "base" }));
}

/** A few from the whole alphabet, always the same. */
function someOf(labels: string[]): string[] {
  const apart = Math.max(1, Math.ceil(labels.length / 9));
  return sorted(labels).filter((_, i) => i % apart === 0);
}

function Tips({ some }: { some: string[] }) {
  const t = useWords().recognize;
  return (
    <div class="tips-box">
      <h2>{t.howTitle}</h2>
      <ol class="tips">
        {t.tips.map((tip, i) => (
          <li key={i}>
            <span class="number" aria-hidden="true">
              {i + 1}
            </span>
            <span>{tip}</span>
          </li>
        ))}
      </ol>
      {some.length > 0 && (
        <>
          <h3>{t.some}</h3>
          <ul id="some" class="words">
            {some.map((word) => (
              <li key={word}>{word}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

interface LiveStageProps {
  longest: number;
  onNamed: (named: Named) => void;
  onRecorded: (file: File) => void;
  onFault: (error: unknown) => void;
  onOff: () => void;
}

/** The camera: words as one signs, or one sign recorded with all of its pictures. */
function LiveStage({ longest, onNamed, onRecorded, onFault, onOff }: LiveStageProps) {
  const t = useWords().recognize;
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [count, setCount] = useState(0);
  const [passed, setPassed] = useState<number | null>(null);
  const [rate, setRate] = useState<number | null>(null);
  const recording = useRef<Recording | null>(null);
  const current = useRef<MediaStream | null>(null);
  current.current = stream;

  const left = () => {
    current.current = null;
    recording.current?.drop();
  };
  useEffect(() => left, []);

  const record = async () => {
    const mine = stream!;
    for (const number of [3, 2, 1]) {
      setCount(number);
      announce(fill(t.count, { count: number }));
      await new Promise((resolve) => setTimeout(resolve, 800));
      if (current.current !== mine) return setCount(0);
    }
    setCount(0);
    try {
      recording.current = new Recording(mine, longest, setPassed);
      setPassed(0);
      const file = await recording.current.file;
      if (!file) return;
      if ((passedRef.current ?? 0) < 0.5) onFault(new api.Refused("too_short", `${(passedRef.current ?? 0).toFixed(1)} s`));
      else onRecorded(file);
    } catch (error) {
      onFault(error);
    }
  };
  const passedRef = useRef<number | null>(null);
  passedRef.current = passed;

  const onSign = async (frames: Frame[], size: [number, number]) => {
    try {
      const named = await nameSign(frames, size);
      const best = named.predictions[0]!;
      const line = named.unknown ? t.saidUnknown : t.saidWord;
      announce(fill(line, { word: best.gloss, percent: percent(best.probability) }));
      onNamed(named);
    } catch (error) {
      onFault(error);
    }
  };
  const busy = count > 0 || passed !== null;
  return (
    <div class="live-stage">
      <Live
        eager
        paused={busy}
        onSign={onSign}
        onFrame={(_, found) => setRate((before) => (found ? Math.round(found) : before))}
        onStream={setStream}
        onOff={onOff}
      >
        {passed === null ? (
          <button id="record" class="button primary" type="button" disabled={count > 0} onClick={record}>
            {t.record}
          </button>
        ) : (
          <button id="stop" class="button stop" type="button" onClick={() => recording.current?.stop()}>
            {t.stop}
          </button>
        )}
      </Live>
      {count > 0 && <p class="count">{count}</p>}
      {passed !== null && (
        <p class="clock">
          <span class="rec" aria-hidden="true" />
          {fill(t.recording, { time: number(passed, 1) })}
        </p>
      )}
      {rate !== null && rate < SLOW && !busy && stream && <p class="hint">{fill(t.slowNote, { rate })}</p>}
    </div>
  );
}

function Heard({ heard, count, onClear }: { heard: Named[]; count: number; onClear: () => void }) {
  const t = useWords().recognize;
  const [latest, ...before] = heard;
  return (
    <div class="heard" id="heard">
      {latest ? (
        <Outcome named={latest} count={count} still={false} quiet />
      ) : (
        <>
          <h2>{t.liveTitle}</h2>
          <p class="soft">{t.liveNote}</p>
        </>
      )}
      {before.length > 0 && (
        <div class="so-far">
          <h3>{t.soFar}</h3>
          <ul class="words">
            {before.map((one, i) => (
              <li key={heard.length - i} class={one.unknown ? "faint" : ""}>
                {one.unknown ? "?" : one.predictions[0]!.gloss}
              </li>
            ))}
          </ul>
        </div>
      )}
      {latest && (
        <button class="button" type="button" onClick={onClear}>
          {t.clear}
        </button>
      )}
    </div>
  );
}

interface OutcomeProps {
  named: Named;
  count: number;
  still: boolean;
  /** What the drawn figure of a sample signed. */
  signed?: string;
  /** Does not move the reader's attention. */
  quiet?: boolean;
  children?: preact.ComponentChildren;
}

function Outcome({ named, count, still, signed, quiet, children }: OutcomeProps) {
  const t = useWords().recognize;
  const best = named.predictions[0]!;
  const values = { percent: percent(best.probability), count, word: best.gloss };
  const heading = useTurnTo<HTMLHeadingElement>(quiet ? null : named);
  useEffect(() => {
    if (!quiet) announce(fill(named.unknown ? t.saidUnknown : t.saidWord, values));
  }, [named, t]);
  const verdict = named.taught
    ? t.taughtNote
    : fill(named.unknown ? t.unknownNote : best.probability < 0.7 ? t.unsure : t.sure, values);
  const notes = [signed && fill(t.sampleSigned, { gloss: signed }), verdict, still && t.stillNote].filter(Boolean);
  return (
    <div class="outcome">
      <p id="kicker" class="kicker">
        {named.unknown ? t.unknownKicker : t.looksLike}
      </p>
      <h2
        id="word"
        class={`word${named.unknown || best.gloss.length > 12 ? " long" : ""}`}
        tabIndex={-1}
        ref={heading}
      >
        {named.unknown ? t.unknown : best.gloss}
      </h2>
      <p id="verdict" class="soft">
        {notes.join(" ")}
      </p>
      <Ranked guesses={named.predictions} faint={named.unknown} />
      <p id="times" class="fine">
        {fill(named.byService ? t.byService : t.byBrowser, { seconds: number(named.seconds, 2) })}
      </p>
      {children}
    </div>
  );
}

function Working({ video, progress }: { video: preact.RefObject<HTMLVideoElement | null>; progress: Progress }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current && progress.points) drawSkeleton(canvas.current, drawingOf(progress.size!), progress.points, "contain");
  }, [progress]);
  return (
    <div class="player">
      <div class="picture working-picture" {...(progress.size && { style: { aspectRatio: progress.size.join(" / ") } })}>
        <video ref={video} muted playsInline aria-hidden="true" />
        <canvas class="lines" ref={canvas} aria-hidden="true" />
      </div>
    </div>
  );
}
