// The picture of the sound: loudness, questions, minutes, what was heard, and the playhead. SVG, so that colours follow the theme.

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 18; // numbers of the questions
const FOOT = 16; // minutes
const STEP = 3; // pixels from bar to bar
const MINUTES = [1, 2, 5, 10, 15, 30, 60];

export class Waveform {
  constructor(element, data, { seek, labelOf }) {
    this.element = element;
    this.data = data;
    this.labelOf = labelOf;
    this.peaks = data.tracks.map((track) => Uint8Array.from(atob(track.peaks), (letter) => letter.charCodeAt(0)));
    this.loudest = Math.max(12, ...this.peaks.map((each) => Math.max(...each)));
    this.hidden = new Set();
    this.heard = [];
    this.mark = null;
    this.at = 0;
    this.tip = document.createElement("div");
    this.tip.className = "wave-tip";
    this.tip.hidden = true;
    this.listen(seek);
    new ResizeObserver(() => this.draw(this.hidden, this.heard)).observe(element);
  }

  get width() {
    return Math.max(1, this.element.clientWidth);
  }

  get height() {
    return Math.max(1, this.element.clientHeight);
  }

  x(ms) {
    return (ms / this.data.total) * this.width;
  }

  /** Draw everything anew: `hidden` are keys of questions whose answer is still to be entered. */
  draw(hidden, heard) {
    this.hidden = hidden;
    this.heard = heard;
    const svg = make("svg", { viewBox: `0 0 ${this.width} ${this.height}`, "aria-hidden": "true" });
    this.clip = make("clipPath", { id: "wave-heard-parts" });
    this.now = make("rect", { class: "wave-now", y: 0, height: this.height });
    const bars = this.bars();
    const middle = HEAD + (this.height - HEAD - FOOT) / 2;
    svg.append(
      this.clip,
      this.now,
      make("line", { class: "wave-middle", x1: 0, x2: this.width, y1: middle, y2: middle }),
      make("path", { class: "wave-unheard", d: bars, "stroke-width": STEP - 1 }),
      make("path", { class: "wave-heard", d: bars, "stroke-width": STEP - 1, "clip-path": "url(#wave-heard-parts)" }),
      ...this.minutes(),
      ...this.borders(),
      ...this.marks(),
    );
    this.hover = make("line", { class: "wave-hover", y1: HEAD, y2: this.height - FOOT, visibility: "hidden" });
    this.head = make("g", {});
    this.head.append(
      make("line", { class: "wave-head", x1: 0, x2: 0, y1: 0, y2: this.height }),
      make("path", { class: "wave-grip", d: "M-5 0H5L0 7Z" }),
    );
    svg.append(this.hover, this.head);
    this.element.replaceChildren(svg, this.tip);
    this.hear(heard);
    this.point(this.mark);
    this.place(this.at);
  }

  bars() {
    const middle = HEAD + (this.height - HEAD - FOOT) / 2;
    const half = (this.height - HEAD - FOOT) / 2 - 2;
    let path = "";
    for (let x = STEP / 2; x < this.width; x += STEP) {
      const loud = this.loudness(((x - STEP / 2) / this.width) * this.data.total, ((x + STEP / 2) / this.width) * this.data.total);
      // A little below linear: quiet voices on bad lines are still seen.
      const tall = Math.max(0.5, half * (loud / this.loudest) ** 0.8);
      path += `M${x.toFixed(1)} ${(middle - tall).toFixed(1)}V${(middle + tall).toFixed(1)}`;
    }
    return path;
  }

  loudness(from, to) {
    const index = this.data.tracks.findLastIndex((track) => track.starts <= from);
    const track = this.data.tracks[index];
    const peaks = this.peaks[index];
    const slice = (ms) => Math.floor(((ms - track.starts) / track.duration) * peaks.length);
    const end = Math.max(slice(from) + 1, Math.min(slice(to), peaks.length));
    return Math.max(0, ...peaks.subarray(slice(from), end));
  }

  minutes() {
    const step = MINUTES.find((each) => this.x(each * 60_000) >= 64) ?? MINUTES.at(-1);
    const found = [];
    for (let minute = step; this.x(minute * 60_000) < this.width - 24; minute += step) {
      const label = make("text", { class: "wave-minute", x: this.x(minute * 60_000), y: this.height - 4, "text-anchor": "middle" });
      label.textContent = `${minute}:00`;
      found.push(label);
    }
    return found;
  }

  borders() {
    return this.data.tracks.slice(1).map((track) =>
      make("line", { class: "wave-track", x1: this.x(track.starts), x2: this.x(track.starts), y1: 0, y2: this.height }));
  }

  marks() {
    const found = [];
    let free = -Infinity;
    this.numbers = new Map();
    for (const mark of this.data.marks) {
      const x = this.x(mark.at);
      const hidden = this.hidden.has(mark.key) ? " hidden" : "";
      found.push(make("line", { class: `wave-mark${hidden}`, x1: x, x2: x, y1: hidden ? HEAD - 8 : HEAD - 4, y2: HEAD + 4 }));
      const words = `${mark.number}${hidden ? "?" : ""}`;
      const width = 7 * words.length + 4;
      if (x < free || x + width > this.width) continue;
      free = x + width;
      const number = make("text", { class: `wave-number${hidden}`, x: x + 2, y: 11 });
      number.textContent = words;
      this.numbers.set(mark, number);
      found.push(number);
    }
    return found;
  }

  /** Colour what was heard. */
  hear(stretches) {
    this.heard = stretches;
    this.clip?.replaceChildren(
      ...stretches.map(([from, to]) => make("rect", { x: this.x(from), y: 0, width: Math.max(1, this.x(to - from)), height: this.height })),
    );
  }

  /** Lay a ground under the question that is heard. */
  point(mark) {
    this.mark = mark;
    for (const [each, number] of this.numbers ?? []) number.classList.toggle("current", each === mark);
    this.now?.setAttribute("x", mark ? this.x(mark.at) : 0);
    this.now?.setAttribute("width", mark ? Math.max(2, this.x(mark.until - mark.at)) : 0);
  }

  place(at) {
    this.at = at;
    this.head?.setAttribute("transform", `translate(${this.x(at).toFixed(1)} 0)`);
  }

  listen(seek) {
    const at = (event) => ((event.clientX - this.element.getBoundingClientRect().left) / this.width) * this.data.total;
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.element.setPointerCapture(event.pointerId);
      this.dragging = true;
      seek(at(event));
    });
    this.element.addEventListener("pointermove", (event) => {
      this.tell(event, at(event));
      if (this.dragging) seek(at(event));
    });
    for (const end of ["pointerup", "pointercancel"]) this.element.addEventListener(end, () => (this.dragging = false));
    this.element.addEventListener("pointerleave", () => {
      this.tip.hidden = true;
      this.hover?.setAttribute("visibility", "hidden");
    });
  }

  tell(event, ms) {
    const x = this.x(ms);
    this.hover.setAttribute("visibility", "visible");
    this.hover.setAttribute("x1", x);
    this.hover.setAttribute("x2", x);
    const mark = this.data.marks.findLast((each) => each.at <= ms);
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.tip.textContent = mark ? `${clock} · ${mark.number} ${this.labelOf(mark)}` : clock;
    this.tip.hidden = false;
    const left = Math.min(x + 8, this.width - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translateX(${left}px)`;
  }
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
