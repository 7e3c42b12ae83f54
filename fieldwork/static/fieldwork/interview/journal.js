// The journal of one interview: every act is on the disk before the screen moves, and on its way to the server right
// after.
//
// `add` gives an act its number and resolves when it is kept here. Sending happens in the background, one batch at a
// time, until the server has acknowledged everything; what it has acknowledged is forgotten here.

import { post, Refused, Unreachable } from "./api.js";

const BATCH = 50;
const PAUSES_MS = [500, 1000, 2000, 5000, 10000];

export class Journal extends EventTarget {
  // `clock` gives the milliseconds since the interview began; `practice` keeps everything here.
  constructor({ store, interview, url, epoch, acknowledged, clock, practice }) {
    super();
    Object.assign(this, { store, interview, url, epoch, acknowledged, clock, practice });
    this.last = acknowledged;
    this.waiting = [];
    this.failures = 0;
    this.stopped = null;
    this.sending = null;
    this.diskError = store.failure ?? null;
    // Back from a tab where somebody logged in, or from a tunnel: at once instead of after the next pause.
    for (const event of ["online", "focus"]) addEventListener(event, () => this.hurry());
  }

  // Entries that the server does not have yet, from an earlier life of this page.
  async recover() {
    await this.store.forget(this.interview, this.acknowledged);
    this.waiting = await this.store.after(this.interview, this.acknowledged);
    this.last = this.waiting.at(-1)?.seq ?? this.acknowledged;
    return [...this.waiting];
  }

  get unsent() {
    return this.waiting.length;
  }

  // Since when the oldest entry waits, in milliseconds; 0 where none does.
  get overdue() {
    return this.waiting.length ? Date.now() - Date.parse(this.waiting[0].at) : 0;
  }

  get connected() {
    return this.failures === 0;
  }

  async add(act) {
    const entry = {
      seq: this.last + 1,
      item: null,
      value: null,
      language: "",
      ...act,
      at: new Date().toISOString(),
      elapsed_ms: Math.round(this.clock()),
    };
    this.last = entry.seq;
    try {
      await this.store.add(this.interview, entry);
    } catch (error) {
      // A full or broken disk: the entry still goes to the server, and the screen says that nothing is kept here.
      this.diskError = error;
    }
    if (this.practice) return entry;
    this.waiting.push(entry);
    this.changed();
    this.send();
    return entry;
  }

  // A try that is under way may still fail; the one after it comes soon.
  hurry() {
    this.failures = Math.min(this.failures, 1);
    if (this.waiting.length) this.send();
  }

  // Sends until nothing is left; concurrent calls share one run.
  send() {
    if (this.stopped) return Promise.resolve();
    this.sending ??= this.run().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  // Everything has arrived. Throws Unreachable, or Refused where nothing more is taken from this page.
  async sent() {
    await this.send();
    if (this.stopped) throw this.stopped;
    if (this.waiting.length) throw new Unreachable();
  }

  async run() {
    clearTimeout(this.retry);
    while (this.waiting.length && !this.stopped) {
      try {
        await this.sendBatch(this.waiting.slice(0, BATCH));
        this.failures = 0;
      } catch (error) {
        if (error instanceof Unreachable) {
          this.later();
          return;
        }
        this.stop(error);
      }
      this.changed();
    }
  }

  async sendBatch(entries) {
    const answer = await post(this.url, { epoch: this.epoch, entries });
    if (answer.last_seq < entries[0].seq) throw new Unreachable();
    this.acknowledged = answer.last_seq;
    this.waiting = this.waiting.filter((entry) => entry.seq > this.acknowledged);
    // What can't be forgotten is sent once more after a reload, and ignored by the server.
    await this.store.forget(this.interview, this.acknowledged).catch(() => {});
    if (answer.refusals.length) this.tell(entries, answer.refusals);
  }

  tell(entries, refusals) {
    const itemOf = (seq) => entries.find((entry) => entry.seq === seq)?.item;
    const detail = refusals.map((refusal) => ({ ...refusal, item: itemOf(refusal.seq) }));
    this.dispatchEvent(new CustomEvent("refusals", { detail }));
  }

  later() {
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    this.retry = setTimeout(() => this.send(), pause);
    this.changed();
  }

  // The server refuses this page for good: another tab took over, the call was closed, the numbers disagree.
  stop(error) {
    if (!(error instanceof Refused)) throw error;
    if (this.stopped) return;
    this.stopped = error;
    clearTimeout(this.retry);
    this.dispatchEvent(new CustomEvent("stopped", { detail: error }));
  }

  changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
