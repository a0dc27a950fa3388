import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { prepare, service } from "../engine";
import { nameSign } from "../naming";
import { announce } from "../parts/announce";
import { Dialog } from "../parts/dialog";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Icon } from "../parts/icons";
import { Live } from "../parts/live";
import { Signer } from "../parts/signer";
import { useHold } from "../keep";
import type { Frame } from "../pipeline";
import { fill, language, percent, signedLanguage, useWords } from "../words";

/** One word of the line that is being signed; what else it may have been can be chosen instead. */
interface Heard {
  id: number;
  word: string;
  unclear: boolean;
  others: api.Guess[];
}

interface Turn {
  id: number;
  who: "signed" | "written";
  text: string;
}

const SPOKEN = { en: "eng", pt: "por" } as const;
let numbers = 0;

/** Two people and one tablet: one signs to the camera, the other writes and the page signs it. */
export function Desk() {
  const t = useWords().desk;
  const [line, setLine] = useState<Heard[]>([]);
  const [turns, setTurns] = useState<Turn[]>([]);
  const [chosen, setChosen] = useState<Heard | null>(null);
  const [signed, setSigned] = useState<api.Production | null>(null);
  const [large, setLarge] = useState<string | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  /** Counts how often all was cleared: what was still under way then is dropped, too. */
  const [round, setRound] = useState(0);
  const latest = useRef(round);
  const figure = useRef<HTMLDivElement>(null);
  useHold(line.length > 0 || turns.length > 0);
  useEffect(() => figure.current?.scrollIntoView({ block: "nearest" }), [signed]);

  const hear = async (frames: Frame[], size: [number, number]) => {
    const mine = latest.current;
    try {
      const named = await nameSign(frames, size);
      if (latest.current !== mine || named.unknownBecause === "no_hand") return; // somebody only walked by
      const word = named.predictions[0]!.gloss;
      const unclear = named.unknownBecause !== null;
      announce(unclear ? `${t.unclear}: ${word}` : word);
      setLine((before) => [...before, { id: numbers++, word, unclear, others: named.predictions }]);
    } catch (error) {
      setFault(faultOf(error));
    }
  };
  const correct = (word: string | null) => {
    setLine((before) =>
      before.flatMap((one) => (one.id !== chosen!.id ? [one] : word ? [{ ...one, word, unclear: false }] : [])),
    );
    setChosen(null);
  };
  const say = () => {
    setTurns((before) => [...before, { id: numbers++, who: "signed", text: line.map((one) => one.word).join(" ") }]);
    setLine([]);
  };
  const clear = () => {
    setLine([]);
    setTurns([]);
    setSigned(null);
    setFault(null);
    setRound((latest.current += 1));
    announce(t.cleared);
  };

  return (
    <div class="page desk">
      <div class="title">
        <div>
          <h1 tabIndex={-1}>{t.title}</h1>
          <p class="lead">{t.lead}</p>
        </div>
        <button id="clear" class="button" type="button" onClick={clear}>
          <Icon name="trash" />
          {t.clear}
        </button>
      </div>
      <div class="two">
        <section class="side" aria-labelledby="signer-title">
          <h2 id="signer-title">{t.signer}</h2>
          <Live why={t.cameraWhy} onSign={hear} onStream={(opened) => opened && prepare()} />
          <div class="card line-card">
            <h3>{t.line}</h3>
            {line.length ? (
              <ul id="line" class="line">
                {line.map((one) => (
                  <li key={one.id}>
                    <button
                      type="button"
                      class={`heard-word${one.unclear ? " unclear" : ""}`}
                      aria-haspopup="dialog"
                      onClick={() => setChosen(one)}
                    >
                      {one.word}
                      {one.unclear && <small> {t.unclear}</small>}
                    </button>
                  </li>
                ))}
              </ul>
            ) : (
              <p class="soft">{t.lineEmpty}</p>
            )}
            {line.length > 0 && (
              <div class="actions">
                <button id="say" class="button primary" type="button" onClick={say}>
                  <Icon name="check" />
                  {t.say}
                </button>
                <button class="button" type="button" onClick={() => setLine((before) => before.slice(0, -1))}>
                  <Icon name="back" />
                  {t.undo}
                </button>
              </div>
            )}
          </div>
        </section>
        <section class="side" aria-labelledby="writer-title">
          <h2 id="writer-title">{t.writer}</h2>
          {signed && (
            <div class="card" ref={figure}>
              <Signer
                landmarks={signed.landmarks}
                spans={signed.spans}
                label={fill(t.figure, { glosses: signed.spans.map((span) => span.gloss).join(", ") })}
              />
              {signed.missing.length > 0 && <p class="notice">{fill(t.missing, { words: signed.missing.join(", ") })}</p>}
            </div>
          )}
          <Writer
            round={round}
            onSigned={(text, production) => {
              setSigned(production);
              setTurns((before) => [...before, { id: numbers++, who: "written", text }]);
            }}
            onLarge={setLarge}
          />
        </section>
      </div>
      {fault && (
        <div class="card">
          <Failure fault={fault}>
            <button class="button" type="button" onClick={() => setFault(null)}>
              {t.close}
            </button>
          </Failure>
        </div>
      )}
      <section class="card talk" aria-labelledby="talk-title">
        <h2 id="talk-title">{t.conversation}</h2>
        {turns.length ? (
          <ol id="turns" class="turns">
            {turns.map((turn) => (
              <li key={turn.id} class={turn.who}>
                <span class="who">{turn.who === "signed" ? t.saidSigned : t.saidWritten}</span>
                <p>{turn.text}</p>
              </li>
            ))}
          </ol>
        ) : (
          <p class="soft">{t.conversationEmpty}</p>
        )}
        <p class="fine">{t.kept}</p>
      </section>
      <p class="fine">{t.limits}</p>
      {chosen && <Correction heard={chosen} onDone={correct} onClose={() => setChosen(null)} />}
      {large !== null && (
        <Dialog label={t.big} onClose={() => setLarge(null)} wide>
          <p class="large-text">{large}</p>
          <button class="button" type="button" onClick={() => setLarge(null)}>
            {t.close}
          </button>
        </Dialog>
      )}
    </div>
  );
}

/** What a word may have been instead: touched, or written. */
function Correction({ heard, onDone, onClose }: { heard: Heard; onDone: (word: string | null) => void; onClose: () => void }) {
  const t = useWords().desk;
  const [other, setOther] = useState("");
  return (
    <Dialog label={fill(t.correct, { word: heard.word })} onClose={onClose}>
      <h2>{fill(t.correct, { word: heard.word })}</h2>
      <ul class="others">
        {heard.others.map(({ gloss, probability }) => (
          <li key={gloss}>
            <button type="button" class="button" onClick={() => onDone(gloss)}>
              <span>{gloss}</span>
              <span class="share">{percent(probability)}</span>
            </button>
          </li>
        ))}
      </ul>
      <form
        class="one-line"
        onSubmit={(event) => {
          event.preventDefault();
          if (other.trim()) onDone(other.trim());
        }}
      >
        <label class="field">
          <span>{t.other}</span>
          <input type="text" value={other} maxLength={60} autocomplete="off" onInput={(e) => setOther(e.currentTarget.value)} />
        </label>
        <button class="button primary" type="submit" disabled={!other.trim()}>
          {t.use}
        </button>
      </form>
      <div class="actions">
        <button type="button" class="button" onClick={() => onDone(null)}>
          <Icon name="trash" />
          {t.remove}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t.close}
        </button>
      </div>
    </Dialog>
  );
}

interface WriterProps {
  /** When it changes, what was written is forgotten. */
  round: number;
  onSigned: (text: string, production: api.Production | null) => void;
  onLarge: (text: string) => void;
}

/** A sentence, written or picked, that the page signs. */
function Writer({ round, onSigned, onLarge }: WriterProps) {
  const all = useWords();
  const t = all.desk;
  const spoken = language.use();
  const [text, setText] = useState("");
  const [query, setQuery] = useState("");
  const [phrases, setPhrases] = useState<api.Phrase[]>([]);
  const [languages, setLanguages] = useState<string[]>([]);
  const [signs, setSigns] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const call = useRef<AbortController | null>(null);

  useHold(text.trim() !== "");
  useEffect(() => {
    setText("");
    setQuery("");
    setFault(null);
    setBusy(false);
    return () => call.current?.abort();
  }, [round]);
  useEffect(() => {
    service().then(
      ({ models }) => {
        const found = [...new Set(models.filter((one) => one.kind === "producer").map((one) => one.language))];
        setLanguages(found);
        setSigns((before) => before || (found[0] ?? ""));
      },
      () => undefined, // what is asked next says so
    );
  }, []);
  useEffect(() => {
    let stale = false;
    api.phrases(SPOKEN[spoken], signs).then(
      (found) => !stale && setPhrases(found),
      () => !stale && setPhrases([]),
    );
    return () => {
      stale = true;
    };
  }, [spoken, signs]);
  const shown = useMemo(() => {
    const bare = (line: string) => line.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    return phrases
      .filter((phrase) => bare(phrase.text).includes(bare(query.trim())))
      .sort((a, b) => Number(b.signable) - Number(a.signable));
  }, [phrases, query]);

  const sign = async (sentence: string) => {
    const mine = (call.current = new AbortController());
    setBusy(true);
    setFault(null);
    try {
      const wanted = { text: sentence, language: SPOKEN[spoken], spell: true, ...(signs && { signs }) };
      const production = await api.produce(wanted, mine.signal);
      if (mine.signal.aborted) return;
      onSigned(sentence, production);
      setText("");
    } catch (error) {
      if (mine.signal.aborted) return;
      setFault(faultOf(error));
      onSigned(sentence, null);
    }
    setBusy(false);
  };
  const pick = (phrase: api.Phrase) => {
    if (phrase.places?.length) {
      setText(phrase.text);
      input.current?.focus();
    } else void sign(phrase.text);
  };
  return (
    <div class="card writer">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() && !busy) void sign(text.trim());
        }}
      >
        <label class="field">
          <span>{t.write}</span>
          <textarea
            id="sentence"
            ref={input}
            rows={2}
            maxLength={300}
            value={text}
            placeholder={t.writeHint}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                event.currentTarget.form?.requestSubmit();
              }
            }}
          />
        </label>
        <div class="actions">
          <button id="sign" class="button primary" type="submit" disabled={busy || !text.trim()}>
            <Icon name="figure" />
            {busy ? all.signer.waiting : t.sign}
          </button>
          <button class="button" type="button" disabled={!text.trim()} onClick={() => onLarge(text.trim())}>
            <Icon name="large" />
            {t.big}
          </button>
          {languages.length > 1 && (
            <label class="field inline">
              <span>{t.signsIn}</span>
              <select value={signs} onChange={(event) => setSigns(event.currentTarget.value)}>
                {languages.map((one) => (
                  <option key={one} value={one}>
                    {signedLanguage(one)}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
      </form>
      {fault && <Failure fault={fault} />}
      {phrases.length > 0 && (
        <div class="phrases-box">
          <h3>{t.phrases}</h3>
          <label class="field search">
            <span class="hidden">{t.search}</span>
            <Icon name="search" />
            <input type="search" value={query} placeholder={t.search} onInput={(event) => setQuery(event.currentTarget.value)} />
          </label>
          <ul id="phrases" class="phrases" tabIndex={0} aria-label={t.phrases}>
            {shown.map((phrase) => (
              <li key={phrase.text}>
                <button type="button" class="phrase" disabled={busy} onClick={() => pick(phrase)}>
                  <span>{phrase.text}</span>
                  {phrase.signable && <small class="can">{t.phraseSigned}</small>}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
