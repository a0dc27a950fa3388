import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { service } from "../engine";
import { useHold } from "../keep";
import { Held, spellingHand, Speller } from "../letters";
import { announce } from "../parts/announce";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Icon } from "../parts/icons";
import { Live } from "../parts/live";
import { Signer } from "../parts/signer";
import type { Frame } from "../pipeline";
import { counted, fill, language, percent, signedLanguage, useWords } from "../words";

/** To spell, short and known to everybody. */
const WORDS = {
  en: "CAB BED FACE BAG LEAF FOOD BOOK SALT BREAD WATER MILK CARD HAND HELP WORK FRIEND SUN NAME",
  pt: "CASA BOLA AULA LUA SOL OVO CAMA VACA FACA COPO BOCA LIVRO AMIGO NOME MESA PATO SAL",
};
/** So surely must a letter be held for it to count. */
const SURE = 0.5;

type State = "open" | "right" | "skipped";

interface Game {
  letters: { letter: string; state: State }[];
  at: number;
}

/** Fingerspelling, letter by letter, with what the page sees told at once. */
export function Practice() {
  const all = useWords();
  const t = all.practice;
  const [spellers, setSpellers] = useState<api.Model[] | null>(null);
  const [chosen, setChosen] = useState("");
  const [kind, setKind] = useState<"letters" | "words">("words");
  const [game, setGame] = useState<Game | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [speller, setSpeller] = useState<Speller | null>(null);
  useHold(game !== null);

  useEffect(() => {
    service().then(({ models }) => {
      const found = models.filter((one) => one.kind === "speller" && one.labels.includes("A"));
      setSpellers(found);
      setChosen(found[0]?.name ?? "");
    }, (error: unknown) => setFault(faultOf(error)));
  }, []);
  useEffect(() => {
    if (!chosen) return;
    let stale = false;
    setSpeller(null);
    Speller.load(chosen).then(
      (made) => !stale && setSpeller(made),
      (error: unknown) => !stale && setFault(faultOf(error)),
    );
    return () => {
      stale = true;
    };
  }, [chosen]);

  const model = spellers?.find((one) => one.name === chosen);
  const start = () => {
    const letters = kind === "letters" ? draw(askable(speller!), 6) : [...aWord(askable(speller!))];
    setFault(null);
    setGame({ letters: letters.map((letter) => ({ letter, state: "open" })), at: 0 });
  };
  return (
    <div class="page practice">
      <h1 tabIndex={-1}>{t.title}</h1>
      <p class="lead">{t.lead}</p>
      {fault && (
        <div class="card">
          <Failure fault={fault} />
        </div>
      )}
      {spellers?.length === 0 && <p class="card notice">{t.noSpeller}</p>}
      {game && speller && model ? (
        <Round
          game={game}
          speller={speller}
          tongue={model.language}
          word={kind === "words"}
          onGame={setGame}
          onNext={start}
          onFinish={() => setGame(null)}
          onFault={(error) => (setFault(faultOf(error)), setGame(null))}
        />
      ) : (
        !!spellers?.length && (
          <form
            class="card setup"
            onSubmit={(event) => {
              event.preventDefault();
              start();
            }}
          >
            <fieldset>
              <legend>{t.alphabet}</legend>
              <div class="choice-tiles">
                {spellers.map((one) => (
                  <label key={one.name} class="choice">
                    <input type="radio" name="alphabet" checked={chosen === one.name} onChange={() => setChosen(one.name)} />
                    <strong>{signedLanguage(one.language)}</strong>
                    <small>{one.labels.slice(0, 5).join(" ")} …</small>
                  </label>
                ))}
              </div>
            </fieldset>
            <fieldset>
              <legend>{t.what}</legend>
              <div class="choice-tiles">
                {(["words", "letters"] as const).map((one) => (
                  <label key={one} class="choice">
                    <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} />
                    <strong>{t[one]}</strong>
                    <small>{one === "words" ? "C A S A" : "B · L · A"}</small>
                  </label>
                ))}
              </div>
            </fieldset>
            <button id="start" class="button primary" type="submit" disabled={!speller}>
              <Icon name="play" />
              {t.start}
            </button>
          </form>
        )
      )}
    </div>
  );
}

/** Letters that a held hand can show; others would only be skipped. */
function askable(speller: Speller): string[] {
  return speller.labels.filter((letter) => !speller.moves(letter) && /^\p{L}$/u.test(letter));
}

function draw(from: string[], count: number): string[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0]!);
}

function aWord(letters: string[]): string {
  const fitting = WORDS[language.value].split(" ").filter((word) => [...word].every((letter) => letters.includes(letter)));
  return draw(fitting, 1)[0] ?? draw(letters, 4).join("");
}

interface RoundProps {
  game: Game;
  speller: Speller;
  tongue: string;
  word: boolean;
  onGame: (game: Game) => void;
  onNext: () => void;
  onFinish: () => void;
  onFault: (error: unknown) => void;
}

function Round({ game, speller, tongue, word, onGame, onNext, onFinish, onFault }: RoundProps) {
  const t = useWords().practice;
  const [seen, setSeen] = useState<{ letter: string; sure: number } | null>(null);
  const [progress, setProgress] = useState(0);
  const [hand, setHand] = useState(false);
  const held = useRef(new Held());
  const latest = useRef(game);
  latest.current = game;
  const done = game.at >= game.letters.length;
  const now = game.letters[game.at]?.letter;
  const right = game.letters.filter((one) => one.state === "right").length;

  const step = (state: State) => {
    const before = latest.current;
    const letters = before.letters.map((one, i) => (i === before.at ? { ...one, state } : one));
    held.current.clear();
    setProgress(0);
    const next = { letters, at: before.at + 1 };
    latest.current = next;
    onGame(next);
  };
  const onFrame = async (frame: Frame) => {
    const { letters, at } = latest.current;
    if (at >= letters.length) return;
    const points = spellingHand(frame);
    setHand(points !== undefined);
    if (!points) {
      held.current.clear();
      setSeen(null);
      return setProgress(0);
    }
    try {
      held.current.push(frame.time, await speller.rank(points));
    } catch (error) {
      return onFault(error);
    }
    if (latest.current.at !== at) return;
    const best = held.current.best;
    setSeen(best ? { letter: best.gloss, sure: best.probability } : null);
    const wanted = letters[at]!.letter;
    const sure = held.current.sure(wanted);
    const holds = best?.gloss === wanted && sure >= SURE;
    setProgress(holds ? held.current.full : 0);
    if (holds && held.current.full >= 1) {
      announce(fill(t.right, { letter: wanted }));
      step("right");
    }
  };
  useEffect(() => {
    if (now) announce(fill(t.now, { letter: now }));
  }, [game.at]);
  const stateOf = (i: number) => (i === game.at ? "now" : game.letters[i]!.state);
  return (
    <div class="two">
      <section class="side">
        <Live eager onFrame={onFrame} />
      </section>
      <section class="side">
        <div class="card round-card">
          <p class="kicker">{word ? t.spell : t.letters}</p>
          <ol class="letters" id="letters">
            {game.letters.map(({ letter }, i) => (
              <li key={i} data-state={stateOf(i)} {...(i === game.at && { "aria-current": "step" as const })}>
                <span>{letter}</span>
                <span class="hidden">{t.state[stateOf(i)]}</span>
              </li>
            ))}
          </ol>
          {done ? (
            <div class="finished" id="finished">
              <h2>{word ? fill(t.done, { word: game.letters.map((one) => one.letter).join("") }) : counted(t.score, right)}</h2>
              <p class="soft">{fill(t.result, { right, all: game.letters.length })}</p>
              <div class="actions">
                <button id="next" class="button primary" type="button" onClick={onNext}>
                  <Icon name="next" />
                  {t.next}
                </button>
                <button class="button" type="button" onClick={onFinish}>
                  {t.finish}
                </button>
              </div>
            </div>
          ) : (
            <>
              <div class="now">
                <p class="letter-now">{now}</p>
                <div class="feedback">
                  <p id="see" class={seen && seen.letter === now ? "good" : ""}>
                    {!hand ? t.seeNothing : seen && seen.sure >= SURE ? fill(t.see, { letter: seen.letter }) : t.seeUnsure}
                    {hand && seen && seen.sure >= SURE && <span class="share"> {percent(seen.sure)}</span>}
                  </p>
                  <progress class="progress" max="1" value={progress} aria-label={t.hold} />
                  <p class="fine">{t.hold}</p>
                </div>
              </div>
              <ShowMe key={now} letter={now!} tongue={tongue} />
              <div class="actions">
                <button id="skip" class="button" type="button" onClick={() => step("skipped")}>
                  {t.skip}
                  <Icon name="next" />
                </button>
                <button class="button" type="button" onClick={onFinish}>
                  {t.finish}
                </button>
              </div>
            </>
          )}
        </div>
      </section>
    </div>
  );
}

/** How a hand makes a letter, drawn; where nobody has shown it, nothing is offered. */
function ShowMe({ letter, tongue }: { letter: string; tongue: string }) {
  const t = useWords().practice;
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<api.Production | null>(null);
  const [none, setNone] = useState(false);
  useEffect(() => {
    if (!open || made) return;
    api.produce({ glosses: [letter], signs: tongue, spell: true }).then(
      (found) => (found.spans.length ? setMade(found) : setNone(true)),
      () => setNone(true),
    );
  }, [open]);
  if (none) return <p class="fine">{t.noHint}</p>;
  return (
    <div class="show-me">
      <button class="button" type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="figure" />
        {open ? t.hide : t.showMe}
      </button>
      {open && made && <Signer landmarks={made.landmarks} label={fill(t.handshape, { letter })} />}
    </div>
  );
}
