// One clip: its film or landmarks, when the sign is made, and what has been said of it.

import { Skeleton } from "./skeleton.js";

const PICTURE = /\.(jpe?g|png|bmp|webp|gif)$/i;
const SAYS = { accept: "Accepted", reject: "Rejected", variant: "Another sign", "": "" };

export class Card {
  static speed = 1;
  static bones = true;

  constructor(place, press) {
    this.item = document.getElementById("clip").content.firstElementChild.cloneNode(true);
    const part = (name) => this.item.querySelector(name);
    this.film = part("video");
    this.still = part("img");
    this.seek = part(".seek");
    this.about = null;
    const parts = {
      canvas: part(".bones"), tracks: part(".tracks"), seek: document.createElement("input"), video: this.film,
      frame: part(".frame"), play: document.createElement("button"),
    };
    this.skeleton = new Skeleton(parts, () => this.about && this.#follow());
    this.seek.addEventListener("input", () => this.goTo(Number(this.seek.value) * this.seconds));
    this.item.addEventListener("pointerdown", () => press("", place));
    this.item.addEventListener("click", (event) => {
      const key = event.target.dataset?.key;
      if (key) press(key, place);
    });
    this.film.addEventListener("error", () => {
      if (this.about?.film) part(".gone").textContent = "This browser cannot play the film; convert it to MP4 (H.264)";
    });
    this.film.addEventListener("loadedmetadata", () => this.#mark());
  }

  show(about) {
    this.about = about;
    const part = (name) => this.item.querySelector(name);
    const still = Boolean(about.film) && PICTURE.test(about.path);
    this.still.hidden = !still;
    this.film.hidden = still || !about.film;
    if (still) this.still.src = about.film;
    else if (about.film) this.film.src = about.film;
    this.film.playbackRate = Card.speed;
    const told = [about.source, about.signer && `signer ${about.signer}`, about.variant && `sign ${about.variant}`];
    part(".about").textContent = [...told, about.path.split("/").at(-1)].filter(Boolean).join(" · ");
    part(".about").title = about.path;
    const doubt = about.doubt === null ? "" : `doubt ${Math.round(100 * about.doubt)} %`;
    part(".note").textContent = [doubt, about.note].filter(Boolean).join(" · ");
    part(".gone").textContent = about.film ? "" : about.landmarks ? "No film here, its landmarks alone" : "The film is not here";
    this.decide(about.decision);
    if (about.landmarks) this.#landmarks(about);
    return this;
  }

  async #landmarks(about) {
    const answer = await fetch(about.landmarks);
    if (this.about !== about) return; // another word is shown meanwhile
    if (!answer.ok) {
      this.item.querySelector(".gone").textContent = (await answer.json()).detail;
      return;
    }
    this.skeleton.show(await answer.json(), Boolean(about.film) && !this.film.hidden);
    this.skeleton.shown = Card.bones;
    this.skeleton.setSpeed(Card.speed);
    this.#mark();
  }

  clear() {
    this.about = null;
    this.film.pause();
    for (const shown of [this.film, this.still]) shown.removeAttribute("src");
    this.film.load();
    this.skeleton.clear();
  }

  /** Show what was said. */
  decide(decision) {
    this.decision = decision;
    const { verdict, other, mirrored, start, end } = decision;
    this.item.classList.remove("accept", "reject", "variant");
    if (verdict) this.item.classList.add(verdict);
    this.item.classList.toggle("mirrored", mirrored);
    const stretch = start === null && end === null ? "" : `${(start ?? 0).toFixed(2)} to ${end === null ? "the end" : `${end.toFixed(2)} s`}`;
    const says = [other ? `${SAYS[verdict]} (${other})` : SAYS[verdict], mirrored && "mirrored", stretch];
    this.item.querySelector(".verdict").textContent = says.filter(Boolean).join(", ");
    this.#mark();
  }

  get seconds() {
    return this.film.hidden ? this.skeleton.seconds : this.film.duration || 0;
  }

  get time() {
    return this.film.hidden ? this.skeleton.time : this.film.currentTime;
  }

  /** Seconds of a frame. */
  get frame() {
    return 1 / (this.skeleton.found?.fps ?? 25);
  }

  goTo(seconds) {
    const at = Math.max(0, Math.min(seconds, this.seconds));
    if (!this.film.hidden) this.film.currentTime = at;
    this.skeleton.clock = at;
    this.skeleton.wake();
  }

  play(playing) {
    this.skeleton.playing = playing;
    this.skeleton.wake();
    if (this.film.hidden) return;
    if (playing) this.film.play().catch(() => {});
    else this.film.pause();
  }

  static halfSpeed(cards) {
    Card.speed = Card.speed === 1 ? 0.5 : 1;
    cards.forEach((card) => card.skeleton.setSpeed(Card.speed));
  }

  static toggleBones(cards) {
    Card.bones = !Card.bones;
    for (const { skeleton } of cards) {
      skeleton.shown = Card.bones;
      skeleton.wake();
    }
  }

  /** Go round within the stretch in which the sign is made, while it plays. */
  #follow() {
    const { start, end } = this.decision;
    const moving = this.film.hidden ? this.skeleton.playing : !this.film.paused;
    if (moving && ((end !== null && this.time > end) || (start !== null && this.time < start - 0.05))) this.goTo(start ?? 0);
    if (this.seconds) this.seek.value = String(this.time / this.seconds);
  }

  #mark() {
    const { start, end } = this.decision ?? {};
    const stretch = this.item.querySelector(".stretch");
    stretch.hidden = !this.seconds || ((start ?? null) === null && (end ?? null) === null);
    if (stretch.hidden) return;
    stretch.style.left = `${(100 * (start ?? 0)) / this.seconds}%`;
    stretch.style.right = `${Math.max(0, 100 - (100 * (end ?? this.seconds)) / this.seconds)}%`;
  }
}
