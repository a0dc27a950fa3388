import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { Recording } from "../camera";
import { prepare } from "../engine";
import { nameSign, type Named } from "../naming";
import { announce } from "../parts/announce";
import { Live } from "../parts/live";
import { Outcome, spoken } from "../parts/outcome";
import type { Frame } from "../pipeline";
import { fill, number, useWords, words } from "../words";

/** Below this a live view misses too much of a sign. */
const SLOW = 8;

interface LiveStageProps {
  longest: number;
  onNamed: (named: Named) => void;
  onRecorded: (file: File) => void;
  onFault: (error: unknown) => void;
  onOff: () => void;
}

/** The camera: words as one signs, or one sign recorded with all of its pictures. */
export function LiveStage({ longest, onNamed, onRecorded, onFault, onOff }: LiveStageProps) {
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
      announce(spoken(named, words()));
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
        onStream={(opened) => {
          setStream(opened);
          if (opened) prepare();
        }}
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

/** The words of a live view, the latest first. */
export function Heard({ heard, count, onClear }: { heard: Named[]; count: number; onClear: () => void }) {
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
              <li key={heard.length - i} class={one.unknownBecause ? "faint" : ""}>
                {one.unknownBecause ? "?" : one.predictions[0]!.gloss}
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
