import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { mayAsk, service, type Service } from "../engine";
import { useHold } from "../keep";
import type { Named } from "../naming";
import { announce } from "../parts/announce";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Hands } from "../parts/hands";
import { Icon } from "../parts/icons";
import { Outcome } from "../parts/outcome";
import { Player } from "../parts/player";
import { drawSkeleton, drawingOf } from "../skeleton";
import { fill, language, useWords } from "../words";
import { MayWeAsk, nameClip, type Clip, type Progress, type Result } from "./clip";
import { Heard, LiveStage } from "./recognize-live";

type View =
  | { name: "idle" }
  | { name: "live" }
  | { name: "working" }
  | { name: "ask"; clip: Clip }
  | { name: "result"; clip: Clip; result: Result }
  | { name: "error"; fault: Fault };

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
  useHold(view.name !== "idle" && view.name !== "error"); // a camera, a recording, or what came of one

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
      {!starting && (
        <h1 class="hidden" tabIndex={-1}>
          {t.title}
        </h1>
      )}
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
