// One person's review: the clips of a word side by side, and keys to say what each shows.

import { Card } from "./card.js";

const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

let words = []; // { gloss, clips, decided, button }
let word = null; // place of the one that is shown
let wanted = 0; // place of the one that was asked for last
let asked = 0; // how often what is shown was to change: of several answers under way, the last one counts
let shown = []; // its cards
let chosen = 0; // place among them
let playing = !calm;
const cards = []; // kept and used again
const done = []; // { clip, before } of each thing said, to take it back
let saving = Promise.resolve(); // what is said is sent one after the other

async function ask(path, said) {
  const options = said && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) };
  let answer;
  try {
    answer = await fetch(`api/v1/${path}`, options);
  } catch {
    throw new Error("The program does not answer. Is `chereme review` still running? Nothing that was saved is lost.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail ?? `${answer.status} ${answer.statusText}`);
  return told;
}

function fail(error) {
  $("wrong").textContent = error.message;
  $("wrong").hidden = false;
}

// ---- words and clips

async function begin() {
  const told = await ask("review");
  $("who").textContent = `${told.reviewer} reviews` + (told.model ? "; most doubtful first" : "");
  words = told.words.map((one, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("span"), document.createElement("span"));
    button.firstChild.textContent = one.gloss;
    button.addEventListener("click", () => show(i).catch(fail));
    const item = document.createElement("li");
    item.append(button);
    $("words").append(item);
    return { ...one, button };
  });
  progress();
  await show(told.next?.word ?? 0, told.next?.clip);
  if (!told.next) $("said").textContent = "All clips are decided.";
}

/** Show a word; false when something else was asked for before its answer came. */
async function show(place, clip) {
  const mine = ++asked;
  wanted = place;
  let told;
  try {
    told = await ask(`words/${place}`);
  } catch (error) {
    if (mine !== asked) return false;
    wanted = word ?? 0;
    throw error;
  }
  if (mine !== asked) return false;
  if (word !== null) words[word].button.setAttribute("aria-current", "false");
  word = place;
  words[word].button.setAttribute("aria-current", "true");
  words[word].button.scrollIntoView({ block: "nearest" });
  $("gloss").textContent = told.gloss;
  while (cards.length < told.clips.length) cards.push(new Card(cards.length, press));
  cards.forEach((card) => card.clear());
  shown = told.clips.map((about, i) => cards[i].show(about));
  $("clips").replaceChildren(...shown.map((card) => card.item));
  shown.forEach((card) => card.play(playing));
  const first = shown.findIndex((card) => card.about.clip === clip);
  choose(first >= 0 ? first : 0);
  return true;
}

function choose(place) {
  chosen = Math.max(0, Math.min(shown.length - 1, place));
  shown.forEach((card, i) => card.item.setAttribute("aria-current", String(i === chosen)));
  shown[chosen].item.focus({ preventScroll: true });
  shown[chosen].item.scrollIntoView({ block: "nearest" });
}

function progress() {
  const [decided, all] = ["decided", "clips"].map((key) => words.reduce((sum, one) => sum + one[key], 0));
  $("bar").value = all ? decided / all : 0;
  $("count").textContent = `${decided} of ${all} clips`;
  for (const one of words) {
    one.button.lastChild.textContent = `${one.decided}/${one.clips}`;
    one.button.classList.toggle("done", one.decided === one.clips);
  }
}

async function next() {
  const mine = ++asked;
  wanted = word;
  const told = await ask(`next?word=${word}`);
  if (mine !== asked) return;
  if (!told.next) $("said").textContent = "All clips are decided.";
  else if (told.next.word === word) choose(shown.findIndex((card) => card.about.clip === told.next.clip));
  else await show(told.next.word, told.next.clip);
}

// ---- what is said of a clip

/** Say something of a card's clip; the page shows it at once, and takes it back when it could not be kept. */
function say(card, change, remember = true) {
  const { clip } = card.about;
  const at = word;
  const before = card.decision;
  const after = { ...before, ...change };
  // of another sign one may still say which, so that waits for N
  const goesOn = remember && (change.verdict === "accept" || change.verdict === "reject");
  if (goesOn) [asked, wanted] = [asked + 1, word];
  const mine = asked;
  card.decide(after);
  const told = card.item.querySelector(".verdict").textContent || "undecided";
  count(at, before, after);
  saving = saving.then(async () => {
    try {
      await ask("decisions", { clip, ...after });
    } catch (error) {
      count(at, after, before);
      if (card.about?.clip === clip) card.decide(before);
      return fail(error);
    }
    if (remember) done.push({ word: at, clip, before });
    $("wrong").hidden = true;
    $("said").textContent = `Saved: ${told}`;
    if (goesOn && mine === asked) await next().catch(fail);
  });
}

function count(at, before, after) {
  words[at].decided += Boolean(after.verdict) - Boolean(before.verdict);
  progress();
}

async function takeBack() {
  await saving;
  const last = done.pop();
  if (!last) {
    $("said").textContent = "There is nothing to take back.";
    return;
  }
  if (last.word !== word && !(await show(last.word, last.clip))) {
    done.push(last);
    return;
  }
  choose(shown.findIndex((card) => card.about.clip === last.clip));
  say(shown[chosen], last.before, false);
}

function press(key, place = chosen) {
  if (!shown.length) return false;
  const card = shown[place];
  if (place !== chosen) choose(place);
  const keys = {
    a: () => say(card, { verdict: "accept", other: "" }),
    r: () => say(card, { verdict: "reject", other: "" }),
    v: () => say(card, { verdict: "variant", other: after(card.decision.other) }),
    m: () => say(card, { mirrored: !card.decision.mirrored }),
    "[": () => trim(card, { start: card.time < 0.001 ? null : card.time }),
    "]": () => trim(card, { end: card.time }),
    "\\": () => say(card, { start: null, end: null }),
    u: () => takeBack().catch(fail),
    n: () => saving.then(next).catch(fail),
    arrowleft: () => choose(chosen - 1),
    arrowright: () => choose(chosen + 1),
    arrowup: () => wanted > 0 && show(wanted - 1).catch(fail),
    arrowdown: () => wanted < words.length - 1 && show(wanted + 1).catch(fail),
    " ": () => {
      playing = !playing;
      shown.forEach((one) => one.play(playing));
    },
    s: () => Card.halfSpeed(cards),
    k: () => Card.toggleBones(cards),
    ",": () => step(card, -1),
    ".": () => step(card, 1),
    "?": () => {
      $("help").hidden = !$("help").hidden;
      $("keys").setAttribute("aria-expanded", String(!$("help").hidden));
    },
  };
  if (!Object.hasOwn(keys, key)) return false;
  keys[key]();
  return true;
}

function after(letter) {
  return letter && letter < "Z" ? String.fromCharCode(letter.charCodeAt(0) + 1) : "B";
}

function trim(card, change) {
  const stretch = { start: card.decision.start, end: card.decision.end, ...change };
  for (const key of ["start", "end"]) if (stretch[key] !== null) stretch[key] = Math.round(stretch[key] * 1000) / 1000;
  if (stretch.end !== null && stretch.end <= (stretch.start ?? 0)) {
    $("said").textContent = "The sign must end after it begins: not changed.";
    return;
  }
  say(card, stretch);
}

function step(card, frames) {
  playing = false;
  shown.forEach((one) => one.play(false));
  card.goTo(card.time + frames * card.frame);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target instanceof HTMLButtonElement) return; // the button's own
  if (press(event.key.toLowerCase())) event.preventDefault();
});
$("keys").addEventListener("click", () => press("?"));

begin().catch(fail);
