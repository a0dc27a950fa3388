// The page: one clip at a time, from choosing or recording it to its words.

import * as api from "./api.js";
import { Camera } from "./camera.js";
import { Skeleton } from "./skeleton.js";
import { hands, language, number, percent, signedLanguage, speak, text, wrong } from "./words.js";

const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const camera = new Camera($("live"));
const skeleton = new Skeleton({
  canvas: $("skeleton"), tracks: $("tracks"), seek: $("seek"), video: $("film"), frame: $("frame"), play: $("play"),
});

let limits = { megabytes: 64, seconds: 30, megapixels: 25 };
let model = null;
let samples = [];
let nextSample = 0;
let clip = null; // { file, address, source, gloss }
let answer = null;
let failure = null;
let asking = null; // AbortController of the request under way

function view(name) {
  document.body.dataset.view = name;
}

// ---- a clip comes in

async function take(file, source, gloss = null) {
  forget();
  const mine = { file, address: URL.createObjectURL(file), source, gloss };
  clip = mine;
  if (file.size > limits.megabytes * 1e6) return fail(new api.Refused("too_large", `${file.name}: ${number(file.size / 1e6, 1)} MB`));
  if (!file.size) return fail(new api.Refused("empty", file.name));
  const film = await preview(file);
  if (clip !== mine) return; // another one was dropped meanwhile
  view("working");
  const stopClock = runClock();
  const call = new AbortController();
  asking = call;
  try {
    const mirrored = source === "file" && $("mirrored").checked;
    const found = await api.recognize(file, mirrored, call.signal);
    if (asking !== call) return;
    answer = found;
    skeleton.show(found.landmarks, film);
    $("frame").style.aspectRatio = found.landmarks.size.join(" / ");
    view("result");
    showAnswer();
    // a recording from a browser does not know its own length until it has been played through
    skeleton.goTo(calm.matches ? skeleton.seconds / 2 : 0);
    skeleton.setPlaying(!calm.matches && found.landmarks.points.length > 1);
    turnTo($("word"));
  } catch (error) {
    if (error.name !== "AbortError") fail(error);
  } finally {
    stopClock();
    if (asking === call) asking = null;
  }
}

/** Show the clip itself; true when the browser can play it as a video. */
async function preview(file) {
  const film = $("film");
  const still = $("still");
  const picture = file.type.startsWith("image/") && file.type !== "image/gif";
  still.hidden = !picture;
  film.hidden = true;
  $("drawn").hidden = clip.source !== "sample";
  $("frame").style.aspectRatio = "";
  if (picture) {
    still.src = clip.address;
    return false;
  }
  film.src = clip.address;
  const plays = await new Promise((resolve) => {
    film.onloadeddata = () => resolve(film.videoWidth > 0);
    film.onerror = () => resolve(false);
    setTimeout(() => resolve(false), 4000);
  });
  film.onloadeddata = film.onerror = null;
  film.hidden = !plays;
  if (plays) {
    $("frame").style.aspectRatio = `${film.videoWidth} / ${film.videoHeight}`;
    if (!calm.matches) film.play().catch(() => {});
  }
  return plays;
}

function forget() {
  asking?.abort();
  asking = null;
  skeleton.clear();
  skeleton.setPlaying(false);
  $("film").pause();
  for (const id of ["film", "still"]) {
    $(id).removeAttribute("src");
    $(id).hidden = true;
  }
  if (clip) URL.revokeObjectURL(clip.address);
  clip = answer = failure = null;
  $("said").textContent = "";
  $("file").value = "";
}

function toStart() {
  forget();
  view("idle");
  $("stage").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

function runClock() {
  const begun = performance.now();
  const show = () => { $("elapsed").textContent = number((performance.now() - begun) / 1000, 1); };
  show();
  const ticking = setInterval(show, 100);
  return () => clearInterval(ticking);
}

// ---- what comes out

function showAnswer() {
  const [best] = answer.predictions;
  const values = { percent: percent(best.probability), count: model?.labels.length ?? answer.predictions.length };
  $("kicker").textContent = text(answer.unknown ? "unknownKicker" : "looksLike");
  $("word").textContent = answer.unknown ? text("unknown") : best.gloss;
  $("word").classList.toggle("long", answer.unknown || best.gloss.length > 12);
  const verdict = answer.unknown ? "unknownNote" : best.probability < 0.7 ? "unsure" : "sure";
  const sampled = clip.gloss ? `${text("sampleNote", { gloss: clip.gloss })} ` : "";
  const still = answer.landmarks.points.length === 1;
  $("verdict").textContent = sampled + text(verdict, values) + (still ? ` ${text("stillNote")}` : "");
  $("ranked").replaceChildren(...answer.predictions.map(rankedItem));
  $("ranked").classList.toggle("faint", answer.unknown);
  showTimes(answer.seconds);
  [...$("seen").children].forEach((node, i) => {
    node.textContent = hands(still ? (skeleton.seen[i] ? "stillSeen" : "stillUnseen") : "seen", skeleton.seen)[i];
  });
  $("controls").hidden = still;
  $("retake").hidden = clip.source !== "camera";
  $("next").hidden = clip.source !== "sample" || samples.length < 2;
  $("said").textContent = text(answer.unknown ? "saidUnknown" : "saidWord", { word: best.gloss, percent: values.percent });
}

function rankedItem({ gloss, probability }) {
  const item = document.createElement("li");
  const word = part("span", "gloss", gloss);
  const share = part("span", "share", percent(probability));
  const bar = part("span", "track");
  const fill = part("span", "fill");
  fill.style.width = `${Math.max(0.5, 100 * probability)}%`;
  bar.append(fill);
  bar.setAttribute("aria-hidden", "true");
  item.append(word, share, bar);
  return item;
}

function showTimes(seconds) {
  const pose = clip.file.name.toLowerCase().endsWith(".pose");
  const known = (seconds.decode ?? 0) + seconds.extract + seconds.recognize;
  const steps = [
    ["decode", seconds.decode],
    [pose ? "extractPose" : "extract", seconds.extract],
    ["recognize", seconds.recognize],
    ["rest", Math.max(0, seconds.total - known)],
  ].filter(([, took]) => took !== undefined && took !== null);
  $("time-bar").replaceChildren(...steps.map(([step, took]) => {
    const piece = part("span", step);
    piece.style.flexGrow = String((1000 * took) / seconds.total);
    return piece;
  }));
  $("times").replaceChildren(...[...steps, ["total", seconds.total]].map(([step, took]) => {
    const row = part("div", step);
    row.append(part("dt", "", text(step)), part("dd", "", `${number(took, took < 0.1 ? 3 : 2)} s`));
    return row;
  }));
}

function part(tag, className, content = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = content;
  return node;
}

function fail(error) {
  failure = error instanceof api.Refused ? error : new api.Refused(error.message, String(error));
  if (!(error instanceof api.Refused)) console.warn(error);
  view("error");
  showFailure();
  turnTo($("wrong"));
}

/** Move the reader's attention to a heading, and no further than needed. */
function turnTo(heading) {
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
}

function showFailure() {
  const [what, next] = wrong(failure.code, { ...limits, seconds: `${limits.seconds} s` });
  $("wrong").textContent = what;
  $("remedy").textContent = next;
  $("exactly").textContent = failure.detail;
  $("said").textContent = `${what}. ${next}`;
}

// ---- the camera

async function openCamera() {
  forget();
  try {
    await camera.open();
    view("camera");
    recording("ready");
    $("record").focus({ preventScroll: true });
  } catch (error) {
    camera.close();
    fail(new api.Refused(error.message, error.message));
  }
}

async function record() {
  recording("counting");
  const stream = camera.stream;
  for (const count of [3, 2, 1]) {
    $("count").textContent = String(count);
    await new Promise((resolve) => setTimeout(resolve, 800));
    if (camera.stream !== stream) return;
  }
  $("count").textContent = "";
  recording("on");
  $("stop").focus({ preventScroll: true });
  const taken = await camera.record(limits.seconds, (passed) => {
    $("clock-text").textContent = text("recording", { time: number(passed, 1) });
  });
  if (!taken) return;
  camera.close();
  if (taken.seconds < 0.5) return fail(new api.Refused("too_short", `${number(taken.seconds, 1)} s`));
  take(taken.file, "camera");
}

function recording(state) {
  $("count").textContent = "";
  $("record").hidden = state !== "ready";
  $("stop").hidden = state !== "on";
  $("clock").hidden = state !== "on";
  $("clock-text").textContent = text("recording", { time: number(0, 1) });
}

function leaveCamera() {
  camera.close();
  toStart();
}

// ---- samples, and what is known

async function trySample() {
  const { gloss } = samples[nextSample % samples.length];
  nextSample += 1;
  $("sample").disabled = $("next").disabled = true;
  try {
    await take(await api.sampleFilm(gloss), "sample", gloss);
  } catch (error) {
    fail(error);
  } finally {
    $("sample").disabled = $("next").disabled = false;
  }
}

function showKnown() {
  const count = model?.labels.length;
  $("use").textContent = text(!model ? "useNothing" : model.use === "open" ? "useOpen" : "useResearch", { count });
  if (!model) return;
  $("known").hidden = false;
  $("known-title").textContent = text("known", { count });
  const { top1, n } = model.scores;
  const scores = typeof top1 === "number" && n ? `${text("score", { percent: percent(top1), n })}.` : "";
  const about = { language: signedLanguage(model.language), scores };
  $("known-about").textContent = text(scores ? "about" : "aboutNoScores", about);
  const words = [...model.labels].sort((a, b) => a.localeCompare(b, language, { sensitivity: "base" }));
  $("words").replaceChildren(...words.map((word) => part("li", "", word)));
  const apart = Math.max(1, Math.ceil(words.length / 9)); // a few from the whole alphabet, always the same
  $("some").replaceChildren(...words.filter((_, i) => i % apart === 0).map((word) => part("li", "", word)));
  $("try").hidden = false;
  $("limits").replaceChildren(...model.card.limits.map((limit) => part("li", "", limit)));
}

async function begin() {
  speak(language);
  showKnown();
  try {
    limits = (await api.ready()).limits;
    [[model], samples] = await Promise.all([api.models(), api.samples()]);
    $("sample").hidden = samples.length === 0;
    showKnown();
  } catch (error) {
    fail(error);
  }
}

// ---- wiring

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    speak(button.dataset.language);
    showKnown();
    if (answer) showAnswer();
    if (failure) showFailure();
  });
}
$("file").addEventListener("change", () => $("file").files[0] && take($("file").files[0], "file"));
$("camera").addEventListener("click", openCamera);
$("retake").addEventListener("click", openCamera);
$("record").addEventListener("click", record);
$("stop").addEventListener("click", () => camera.stop());
$("leave").addEventListener("click", leaveCamera);
$("sample").addEventListener("click", trySample);
$("next").addEventListener("click", trySample);
for (const id of ["cancel", "again", "retry"]) $(id).addEventListener("click", toStart);
$("play").addEventListener("click", () => skeleton.setPlaying(!skeleton.playing));
$("slow").addEventListener("click", () => {
  const slow = $("slow").getAttribute("aria-pressed") !== "true";
  $("slow").setAttribute("aria-pressed", String(slow));
  skeleton.setSpeed(slow ? 0.5 : 1);
});
$("bones").addEventListener("click", () => {
  skeleton.shown = !skeleton.shown;
  $("bones").setAttribute("aria-pressed", String(skeleton.shown));
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (document.body.dataset.view === "camera") leaveCamera();
  if (document.body.dataset.view === "working") toStart();
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dragging");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  const [file] = event.dataTransfer.files;
  if (!file) return;
  camera.close();
  take(file, "file");
});

begin();
