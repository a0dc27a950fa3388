import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { mayAsk } from "../engine";
import { announce } from "../parts/announce";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Icon } from "../parts/icons";
import { Live } from "../parts/live";
import { Signer } from "../parts/signer";
import type { Frame } from "../pipeline";
import { asked, keepInAddress } from "../route";
import { counted, fill, number, percent, signedLanguage, useWords } from "../words";
import { MayWeAsk } from "./clip";
import { lookUp, makeReady, type LookedUp } from "./lookup";

const STEP = 24;

/** What was found by its word, or by its sign: of the latter it is not known who would sign it. */
type Shown = api.Entry | (api.Hit & { how?: undefined; source?: undefined });
type Clip = [frames: Frame[], size: [number, number]];

/** Signs by their word, or words by their sign. */
export function Dictionary() {
  const t = useWords().dictionary;
  const [by, setBy] = useState<"word" | "sign">("word");
  const [entry, setEntry] = useState<Shown | null>(null);
  const [nearest, setNearest] = useState<LookedUp | null>(null);
  /** What only the program can look up, which may not be asked yet. */
  const [held, setHeld] = useState<Clip | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const turn = useRef(0);

  useEffect(() => {
    if (by === "sign") void makeReady();
  }, [by]);
  const search = async (...clip: Clip) => {
    const mine = ++turn.current;
    try {
      const found = await lookUp(...clip, 8);
      if (turn.current !== mine) return; // another sign was made meanwhile
      setFault(null);
      setHeld(null);
      setNearest(found);
      setEntry(found.entries[0] ?? null);
      const words = found.entries.map((one) => one.gloss).join(", ");
      announce(found.unknown ? `${t.nothingNear} ${words}` : words);
    } catch (error) {
      if (turn.current !== mine) return;
      if (error instanceof MayWeAsk) setHeld(clip);
      else setFault(faultOf(error));
    }
  };
  return (
    <div class="page dictionary">
      <h1 tabIndex={-1}>{t.title}</h1>
      <p class="lead">{t.lead}</p>
      <div class="segments wide-segments" role="group" aria-label={t.title}>
        {(["word", "sign"] as const).map((one) => (
          <button
            key={one}
            id={`by-${one}`}
            type="button"
            aria-pressed={by === one}
            onClick={() => {
              setBy(one);
              setFault(null);
              setEntry(null);
            }}
          >
            <Icon name={one === "word" ? "search" : "camera"} />
            {one === "word" ? t.byWord : t.bySigning}
          </button>
        ))}
      </div>
      <div class="two">
        <section class="side">
          {by === "word" ? (
            <ByWord chosen={entry} onChoose={setEntry} />
          ) : (
            <>
              <h2>{t.signTitle}</h2>
              <p class="soft">{t.signNote}</p>
              <Live why={t.cameraWhy} onSign={search} />
              {held && (
                <div class="card" id="ask">
                  <p>{fill(t.asked, { host: location.host })}</p>
                  <div class="actions">
                    <button
                      class="button primary"
                      type="button"
                      onClick={() => {
                        mayAsk.value = true;
                        void search(...held);
                      }}
                    >
                      {t.askYes}
                    </button>
                  </div>
                </div>
              )}
              {nearest && (
                <div class="card">
                  <h3>{nearest.unknown ? t.nothingNear : t.nearest}</h3>
                  <Entries entries={nearest.entries} chosen={entry} onChoose={setEntry} />
                  <p id="times" class="fine">
                    {fill(nearest.byService ? t.byService : t.byBrowser, { seconds: number(nearest.seconds, 2) })}
                  </p>
                </div>
              )}
            </>
          )}
          {fault && (
            <div class="card">
              <Failure fault={fault} />
            </div>
          )}
        </section>
        <section class="side shown" aria-live="polite">
          {entry ? <Played key={entry.id} entry={entry} /> : <p class="placeholder card soft">{t.choose}</p>}
        </section>
      </div>
    </div>
  );
}

function ByWord({ chosen, onChoose }: { chosen: Shown | null; onChoose: (entry: Shown) => void }) {
  const t = useWords().dictionary;
  const given = asked.use();
  const asks = useMemo(() => new URLSearchParams(given), [given]);
  const [query, setQuery] = useState(asks.get("q") ?? "");
  const [tongue, setTongue] = useState(asks.get("language") ?? "");
  const [listed, setListed] = useState<api.Listed | null>(null);
  const [limit, setLimit] = useState(STEP);
  const [fault, setFault] = useState<Fault | null>(null);

  useEffect(() => {
    setQuery(asks.get("q") ?? "");
    setTongue(asks.get("language") ?? "");
  }, [asks]);
  useEffect(() => {
    const call = new AbortController();
    // a pause in writing, so that not every letter is asked for
    const later = setTimeout(
      () => {
        keepInAddress({ q: query, language: tongue });
        api.lexicon(query.trim(), tongue, limit, 0, call.signal).then(
          (found) => {
            setListed(found);
            setFault(null);
            if (tongue && !found.languages.includes(tongue)) setTongue(""); // an address may name any
            else if (query.trim()) announce(counted(t.found, found.total));
          },
          (error: unknown) => !api.isAbort(error) && setFault(faultOf(error)),
        );
      },
      query ? 200 : 0,
    );
    return () => {
      clearTimeout(later);
      call.abort();
    };
  }, [query, tongue, limit]);

  return (
    <>
      <form class="one-line" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="field search grow">
          <span>{t.search}</span>
          <Icon name="search" />
          <input
            id="query"
            type="search"
            value={query}
            placeholder={t.searchHint}
            autocomplete="off"
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setLimit(STEP);
            }}
          />
        </label>
        {listed && listed.languages.length > 1 && (
          <label class="field">
            <span>{t.language}</span>
            <select id="tongue" value={tongue} onChange={(event) => {
                setTongue(event.currentTarget.value);
                setLimit(STEP);
              }}
            >
              <option value="">{t.all}</option>
              {listed.languages.map((one) => (
                <option key={one} value={one}>
                  {signedLanguage(one)}
                </option>
              ))}
            </select>
          </label>
        )}
      </form>
      {fault && (
        <div class="card">
          <Failure fault={fault} />
        </div>
      )}
      {!fault &&
        listed &&
        (listed.entries.length ? (
          <>
            <p class="fine" id="total">
              {counted(t.found, listed.total)}
            </p>
            <Entries entries={listed.entries} chosen={chosen} onChoose={onChoose} />
            {listed.total > listed.entries.length && (
              <button class="button" type="button" onClick={() => setLimit(limit + 2 * STEP)}>
                {t.more}
              </button>
            )}
          </>
        ) : (
          <div class="card">
            <h2>{query ? t.none : t.empty}</h2>
            <p class="soft">{t.noneNote}</p>
          </div>
        ))}
    </>
  );
}

interface EntriesProps {
  entries: Shown[];
  chosen: Shown | null;
  onChoose: (entry: Shown) => void;
}

function Entries({ entries, chosen, onChoose }: EntriesProps) {
  const t = useWords().dictionary;
  return (
    <ul id="entries" class="entries">
      {entries.map((one) => (
        <li key={one.id}>
          <button type="button" class="entry" aria-pressed={chosen?.id === one.id} onClick={() => onChoose(one)}>
            <span class="gloss">
              {one.gloss}
              {one.how && <Icon name="play" />}
            </span>
            <small>
              {"score" in one ? fill(t.alike, { percent: percent(Math.max(0, one.score)) }) : signedLanguage(one.language)}
            </small>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A sign of the dictionary, played. */
function Played({ entry }: { entry: Shown }) {
  const t = useWords();
  const [landmarks, setLandmarks] = useState<api.Landmarks | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const call = new AbortController();
    if (entry.how !== null) {
      api.entryLandmarks(entry.id, call.signal).then(setLandmarks, (error: unknown) => {
        if (!api.isAbort(error)) setFault(faultOf(error));
      });
    }
    return () => call.abort();
  }, []);
  useEffect(() => {
    // on a phone it comes below a long list
    box.current?.scrollIntoView({ block: "nearest" });
  }, [landmarks, fault]);
  return (
    <div class="card played" ref={box}>
      <h2>{entry.gloss}</h2>
      <p class="soft">
        {signedLanguage(entry.language)}
        {entry.source ? ` · ${fill(t.dictionary.source, { source: entry.source })}` : ""}
      </p>
      {landmarks ? (
        <Signer landmarks={landmarks} label={fill(t.desk.figure, { glosses: entry.gloss })} />
      ) : fault && fault.code !== "no_pose" ? (
        <Failure fault={fault} />
      ) : fault || entry.how === null ? (
        <p class="notice">{t.dictionary.noPose}</p>
      ) : (
        <p class="stage-light waiting">{t.signer.waiting}</p>
      )}
    </div>
  );
}
