import { useEffect, useRef, useState } from "preact/hooks";
import { useHold } from "../keep";
import { announce } from "../parts/announce";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Icon } from "../parts/icons";
import { KeepEncoder } from "../parts/keep-encoder";
import { Live } from "../parts/live";
import { Signer } from "../parts/signer";
import type { Frame } from "../pipeline";
import { exampleOf, forget, keep, nearest, taught } from "../taught";
import { NotTaughtError, read, written, type Example, type TaughtSign } from "../taught-file";
import { counted, fill, percent, useWords } from "../words";

const MOST = 3;
/** From here on two signs are so alike that they may be mistaken for each other. */
const SAME = 0.75;

type Taken = Example & { space: string };

/** One's own signs: shown once to three times, named, and known from then on in this browser. */
export function Teach() {
  const all = useWords();
  const t = all.teach;
  const signs = taught.use();
  const [name, setName] = useState("");
  const [examples, setExamples] = useState<Taken[]>([]);
  const [saved, setSaved] = useState("");
  const [tried, setTried] = useState<{ gloss: string; alike: number } | null | undefined>();
  const [warning, setWarning] = useState("");
  const [shown, setShown] = useState<TaughtSign | null>(null);
  const [removed, setRemoved] = useState<TaughtSign | null>(null);
  const [note, setNote] = useState("");
  const [fault, setFault] = useState<Fault | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useHold(examples.length > 0);
  const trying = saved !== "" && examples.length === 0;
  const turn = useRef(0);
  useEffect(() => {
    if (examples.length) announce(counted(t.got, examples.length));
  }, [examples.length]);

  const onSign = async (frames: Frame[], size: [number, number]) => {
    const mine = turn.current;
    try {
      const { space, ...example } = await exampleOf(frames, size);
      if (mine !== turn.current) return; // of a sign that was saved meanwhile
      const embedding = Float32Array.from(example.embedding);
      if (trying) {
        const found = (await nearest(embedding)) ?? null;
        setTried(found);
        return announce(found ? found.gloss : t.triedUnknown);
      }
      if (examples.length >= MOST) return;
      const like = await nearest(embedding, SAME);
      setWarning(like && like.gloss !== name.trim() ? fill(t.similar, { gloss: like.gloss }) : "");
      setExamples((before) => (before.length < MOST ? [...before, { ...example, space }] : before));
    } catch (error) {
      setFault(faultOf(error));
    }
  };
  const save = async () => {
    const gloss = name.trim();
    if (!gloss) {
      announce(t.needName);
      return input.current?.focus();
    }
    turn.current += 1;
    try {
      await keep({ gloss, space: examples[0]!.space, examples: examples.map(({ embedding, landmarks }) => ({ embedding, landmarks })) });
      setSaved(gloss);
      setExamples([]);
      setName("");
      setWarning("");
      setTried(undefined);
      announce(fill(t.saved, { gloss }));
    } catch (error) {
      setFault(faultOf(error));
    }
  };
  const remove = async (sign: TaughtSign) => {
    try {
      await forget(sign.gloss);
      if (shown?.gloss === sign.gloss) setShown(null);
      setRemoved(sign);
      announce(fill(t.removed, { gloss: sign.gloss }));
    } catch (error) {
      setFault(faultOf(error));
    }
  };
  const bringBack = (sign: TaughtSign) =>
    keep(sign).then(
      () => setRemoved(null),
      (error: unknown) => setFault(faultOf(error)),
    );
  const toFile = () => {
    const address = URL.createObjectURL(new Blob([written(signs)], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "chereme-signs.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  const fromFile = async (file: File) => {
    try {
      const found = read(await file.text());
      for (const sign of found) await keep(sign);
      setNote(counted(t.imported, found.length));
      announce(counted(t.imported, found.length));
    } catch (error) {
      setFault(error instanceof NotTaughtError ? { code: "not_taught", detail: `${file.name}: ${error.message}` } : faultOf(error));
    }
  };

  return (
    <div class="page teach">
      <h1 tabIndex={-1}>{t.title}</h1>
      <p class="lead">{t.lead}</p>
      <div class="two">
        <section class="side">
          <h2>{trying ? t.try : t.show}</h2>
          <Live onSign={onSign} />
          <KeepEncoder used={examples.length} />
        </section>
        <section class="side">
          <form
            class="card teaching"
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <label class="field">
              <span>{t.name}</span>
              <input
                id="name"
                ref={input}
                type="text"
                maxLength={60}
                autocomplete="off"
                placeholder={t.nameHint}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
            <ol class="steps" aria-label={counted(t.got, examples.length)}>
              {Array.from({ length: MOST }, (_, i) => (
                <li key={i} data-done={String(i < examples.length)}>
                  {i < examples.length ? <Icon name="check" /> : <span class="number">{i + 1}</span>}
                  <span>{fill(t.step, { number: i + 1 })}</span>
                </li>
              ))}
            </ol>
            <p class="fine">{examples.length === MOST ? t.enough : t.wanted}</p>
            {warning && <p class="notice">{warning}</p>}
            <div class="actions">
              <button id="save" class="button primary" type="submit" disabled={!examples.length}>
                <Icon name="check" />
                {t.save}
              </button>
              {examples.length > 0 && (
                <button class="button" type="button" onClick={() => setExamples((before) => before.slice(0, -1))}>
                  <Icon name="back" />
                  {t.discard}
                </button>
              )}
            </div>
            {saved && (
              <p class="success" id="saved">
                {fill(t.saved, { gloss: saved })}
              </p>
            )}
            {trying && tried !== undefined && (
              <div class="tried" id="tried">
                <p class="kicker">{tried ? t.tried : all.recognize.unknownKicker}</p>
                <p class="word long">{tried ? tried.gloss : t.triedUnknown}</p>
                {tried && <p class="soft">{fill(t.alike, { percent: percent(tried.alike) })}</p>}
              </div>
            )}
          </form>
          {fault && (
            <div class="card">
              <Failure fault={fault}>
                <button class="button" type="button" onClick={() => setFault(null)}>
                  {all.desk.close}
                </button>
              </Failure>
            </div>
          )}
        </section>
      </div>
      <section class="card" aria-labelledby="yours">
        <h2 id="yours">{t.yours}</h2>
        {signs.length ? (
          <ul id="signs" class="signs">
            {signs.map((sign) => (
              <li key={sign.gloss}>
                <span class="gloss">{sign.gloss}</span>
                <small>{counted(t.examples, sign.examples.length)}</small>
                <button class="square" type="button" aria-label={fill(t.play, { gloss: sign.gloss })} onClick={() => setShown(sign)}>
                  <Icon name="play" />
                </button>
                <button class="square" type="button" aria-label={fill(t.remove, { gloss: sign.gloss })} onClick={() => remove(sign)}>
                  <Icon name="trash" />
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <p class="soft">{t.none}</p>
        )}
        {removed && (
          <p class="notice">
            {fill(t.removed, { gloss: removed.gloss })}{" "}
            <button class="link" type="button" onClick={() => bringBack(removed)}>
              {t.back}
            </button>
          </p>
        )}
        {shown && (
          <div class="shown-sign">
            <h3>{shown.gloss}</h3>
            <Signer landmarks={shown.examples[0]!.landmarks} label={fill(all.desk.figure, { glosses: shown.gloss })} />
          </div>
        )}
        <div class="actions">
          <button id="export" class="button" type="button" disabled={!signs.length} onClick={toFile}>
            <Icon name="save" />
            {t.export}
          </button>
          <label class="button" for="import">
            <input
              id="import"
              class="hidden"
              type="file"
              accept="application/json,.json"
              aria-label={t.import}
              onChange={(event) => {
                const [file] = event.currentTarget.files ?? [];
                if (file) void fromFile(file);
                event.currentTarget.value = "";
              }}
            />
            <Icon name="load" />
            {t.import}
          </label>
        </div>
        {note && <p class="success">{note}</p>}
        <p class="fine">{t.kept}</p>
      </section>
    </div>
  );
}
