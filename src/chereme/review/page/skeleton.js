// Landmarks over a playing video, a picture or nothing at all; and a strip that shows when each hand was seen.

const LEFT_OUT = /knee|ankle|heel|foot|eye|ear|mouth/; // legs are guesses below the picture's edge; a face is not a few lines
const COLOURS = { left: "#ffb454", right: "#4fe0cb", middle: "#ffffff" };

export class Skeleton {
  /**
   * @param {{canvas, tracks, seek, video, frame, play}} parts elements of the page
   * @param onDraw called with each picture, which are drawn only while something moves, and after `wake`
   * Time comes from the video while it can be played, else from a clock of our own.
   */
  constructor(parts, onDraw = () => {}) {
    Object.assign(this, parts);
    this.onDraw = onDraw;
    this.found = null;
    this.shown = true;
    this.speed = 1;
    this.clock = 0;
    this.ticked = 0;
    this.asked = false; // for a picture to draw
    this.playing = false;
    this.presented = null; // seconds of the video's frame on the screen; currentTime runs ahead of it
    this.origin = 0; // seconds of its first frame: a recording from a browser may not begin at 0
    this.#watch();
    new ResizeObserver(() => this.#size()).observe(this.frame);
    this.seek.addEventListener("input", () => this.goTo(Number(this.seek.value) * this.seconds));
  }

  /** Take landmarks as the API gives them; `film` false: there is no video to follow. */
  show(found, film) {
    this.found = found;
    this.film = film;
    this.clock = 0;
    this.sides = found.names.map(side);
    this.hands = ["left", "right"].map((name) =>
      found.points.map((points) => points.some((p, i) => p && found.names[i].startsWith(`${name}_hand/`))),
    );
    this.#size();
  }

  /** Draw the next picture, and on from there while something moves. */
  wake() {
    if (this.asked) return;
    this.asked = true;
    this.ticked = performance.now();
    const draw = (now) => {
      this.#tick(now);
      this.onDraw();
      this.asked = this.moves;
      if (this.asked) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }

  get moves() {
    const film = !this.video.paused && !this.video.error;
    return film || (this.playing && !this.film && this.found !== null);
  }

  clear() {
    this.found = null;
    this.film = false;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  get seconds() {
    return this.found ? this.found.points.length / this.found.fps : 0;
  }

  get time() {
    return this.film ? Math.max(0, (this.presented ?? this.video.currentTime) - this.origin) : this.clock;
  }

  /** Share of frames in which the left and the right hand were seen. */
  get seen() {
    return this.hands.map((frames) => frames.filter(Boolean).length / frames.length);
  }

  goTo(seconds) {
    if (this.film) this.video.currentTime = seconds + this.origin;
    this.clock = seconds;
    this.wake();
  }

  async setPlaying(playing) {
    this.playing = playing;
    this.wake();
    this.play.setAttribute("aria-pressed", String(playing));
    if (!this.film) return;
    if (playing) await this.video.play().catch(() => {});
    else this.video.pause();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.video.playbackRate = speed;
  }

  #watch() {
    const { video } = this;
    video.addEventListener("loadstart", () => {
      this.presented = null;
      this.origin = 0;
    });
    for (const change of ["play", "seeked", "loadeddata"]) video.addEventListener(change, () => this.wake());
    if (!video.requestVideoFrameCallback) return;
    const onFrame = (_, { mediaTime }) => {
      if (this.presented === null && mediaTime < 0.5) this.origin = mediaTime;
      this.presented = mediaTime;
      this.wake();
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  #tick(now) {
    const passed = Math.max(0, now - this.ticked) / 1000;
    this.ticked = now;
    if (!this.found) return;
    if (this.playing && !this.film) this.clock = (this.clock + passed * this.speed) % this.seconds;
    const frames = this.found.points.length;
    const at = Math.min(frames - 1, Math.max(0, Math.round(this.time * this.found.fps)));
    this.seek.value = String(Math.min(1, this.time / this.seconds));
    this.#draw(this.found.points[at]);
    this.#drawTracks(Math.min(1, this.time / this.seconds));
  }

  #size() {
    for (const canvas of [this.canvas, this.tracks]) {
      const box = canvas.getBoundingClientRect();
      canvas.width = Math.round(box.width * devicePixelRatio);
      canvas.height = Math.round(box.height * devicePixelRatio);
    }
    this.wake();
  }

  #draw(points) {
    const { canvas, found } = this;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.shown) return;
    const aspect = found.size[0] / found.size[1];
    // the picture is fitted into the frame whole, so it may leave bars on two sides
    const height = Math.min(canvas.height, canvas.width / aspect);
    const left = (canvas.width - height * aspect) / 2;
    const top = (canvas.height - height) / 2;
    const place = ([x, y]) => [left + (found.mirrored ? aspect - x : x) * height, top + y * height];
    const unit = height / 100;
    pen.lineCap = "round";
    const lines = found.bones.filter(([a, b]) => points[a] && points[b] && !LEFT_OUT.test(found.names[a] + found.names[b]));
    for (const outline of [true, false]) {
      for (const [a, b] of lines) {
        const hand = found.names[a].includes("hand/");
        const width = unit * (hand ? 0.55 : 0.75);
        pen.strokeStyle = outline ? "rgb(10 8 20 / 55%)" : this.#colour(a, b);
        pen.globalAlpha = outline || hand ? 1 : 0.85;
        pen.lineWidth = outline ? width + unit * 0.5 : width;
        pen.beginPath();
        pen.moveTo(...place(points[a]));
        pen.lineTo(...place(points[b]));
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    points.forEach((point, i) => {
      if (!point || !found.names[i].includes("hand/")) return;
      pen.fillStyle = COLOURS[this.sides[i]];
      pen.beginPath();
      pen.arc(...place(point), unit * 0.55, 0, 7);
      pen.fill();
    });
  }

  #colour(a, b) {
    return COLOURS[this.sides[a] === this.sides[b] ? this.sides[a] : "middle"];
  }

  #drawTracks(along) {
    const pen = this.tracks.getContext("2d");
    const { width, height } = this.tracks;
    const tall = height * 0.3;
    pen.clearRect(0, 0, width, height);
    this.hands.forEach((frames, hand) => {
      const y = hand ? height - tall : 0;
      const step = width / frames.length;
      pen.fillStyle = COLOURS[hand ? "right" : "left"];
      frames.forEach((there, i) => {
        pen.globalAlpha = there ? 1 : 0.15;
        pen.fillRect(i * step, y, step + 0.5, tall);
      });
    });
    pen.globalAlpha = 1;
    pen.fillStyle = "#ffffff";
    pen.fillRect(Math.min(width - 3, along * width - 1.5), 0, 3 * Math.min(2, devicePixelRatio), height);
  }
}

function side(name) {
  const found = /(?:^|[/_])(left|right)(?:_|$)/.exec(name);
  return found ? found[1] : "middle";
}
