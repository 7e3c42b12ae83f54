// The seconds of each recording that were really played, kept here and reported to the server in stretches.

// A player tells the time four times a second; a larger step than this was a jump.
const LONGEST_STEP_MS = 1500;
const GAP_MS = 250;

export class HeardTime {
  /** `send(uid, stretches, last)` gives "done", "keep" (try again) or "drop". */
  constructor(data, send) {
    this.total = data.total;
    this.tracks = data.tracks;
    this.send = send;
    this.heard = new Map(data.tracks.map((track) => [track.uid, merge(data.heard[track.uid] ?? [])]));
    this.waiting = new Map();
    this.last = null;
    this.onchange = () => {};
  }

  /** The player stands at `at` ms of a recording and plays. */
  pass(uid, at, speed) {
    const last = this.last;
    this.last = { uid, at };
    if (!last || last.uid !== uid || at <= last.at || at - last.at > LONGEST_STEP_MS * speed) return;
    const stretch = [Math.floor(last.at), Math.ceil(at)];
    this.waiting.set(uid, merge([...(this.waiting.get(uid) ?? []), stretch]));
    this.heard.set(uid, merge([...this.heard.get(uid), stretch]));
    this.onchange();
  }

  /** The player was stopped or moved: what comes next does not follow from what was before. */
  interrupt() {
    this.last = null;
  }

  /** Report what waits; `last` where the page goes away. */
  async flush(last = false) {
    for (const [uid, stretches] of [...this.waiting]) {
      this.waiting.delete(uid);
      const result = await this.send(uid, stretches, last);
      if (result === "keep") this.waiting.set(uid, merge([...stretches, ...(this.waiting.get(uid) ?? [])]));
    }
  }

  /** Heard stretches on the common line of time. */
  stretches() {
    return this.tracks.flatMap((track) => this.heard.get(track.uid).map(([from, to]) => [track.starts + from, track.starts + to]));
  }

  share() {
    const sum = this.stretches().reduce((all, [from, to]) => all + to - from, 0);
    return this.total ? Math.min(1, sum / this.total) : 0;
  }
}

function merge(stretches) {
  const merged = [];
  for (const [from, to] of [...stretches].sort((one, other) => one[0] - other[0])) {
    const before = merged.at(-1);
    if (before && from <= before[1] + GAP_MS) before[1] = Math.max(before[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
