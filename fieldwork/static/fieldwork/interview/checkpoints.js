// The moments at which the server has to be asked: at the screener's end it takes a seat in the quota cell. While it
// can't be reached, the study's rule says whether the interview waits, or goes on while the server is asked again and
// again in the background.

import { link, post, Refused, Unreachable } from "./api.js";

const RETRY_MS = 3000;
// An interview that may go on does not wait longer than this for an answer.
const GO_ON_MS = 2500;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Checkpoints extends EventTarget {
  constructor({ interview, journal, practice }) {
    super();
    this.url = interview.urls?.checkpoint;
    this.mayGoOn = interview.checkpoint_rule === "go_on";
    this.decisions = { ...interview.checkpoints };
    this.journal = journal;
    this.practice = practice;
    this.asking = new Set();
    // Name of the checkpoint at which the interview stands and waits.
    this.waiting = null;
    // The decision that ended the interview.
    this.closed = Object.values(this.decisions).includes("quota_full") ? { decision: "quota_full", message: "" } : null;
  }

  get names() {
    return Object.keys(this.decisions);
  }

  // Answers before the checkpoint were changed: it has to be asked again, perhaps for another cell.
  reopen(name) {
    this.decisions[name] = null;
  }

  // Asks where it is needed, and resolves when the interview may go on, has ended, or is known to wait for long.
  async pass(reached) {
    const open = reached.filter((name) => !this.decisions[name] && !this.asking.has(name));
    for (const name of open) {
      if (this.practice) this.decisions[name] = "open";
      else await this.ask(name);
    }
  }

  async ask(name) {
    this.asking.add(name);
    this.waiting = name;
    this.changed();
    const asked = this.askUntilAnswered(name).finally(() => this.asking.delete(name));
    if (this.mayGoOn) {
      await Promise.race([asked, pause(GO_ON_MS)]);
      this.goOn(name);
    } else await Promise.race([asked, this.unreachable()]);
  }

  // Resolves when a request fails for want of a connection.
  unreachable() {
    return new Promise((resolve) => {
      link.addEventListener("changed", () => link.state !== "ok" && resolve(), { once: true });
      if (link.state !== "ok") resolve();
    });
  }

  async askUntilAnswered(name) {
    for (;;) {
      try {
        await this.journal.sent();
        const answer = await post(this.url, { epoch: this.journal.epoch, name });
        if (answer.decision === "wait") throw new Unreachable();
        this.decisions[name] = answer.decision;
        if (answer.decision === "quota_full") this.closed = answer;
        this.goOn(name);
        return;
      } catch (error) {
        if (error instanceof Refused) {
          this.refuse(name, error);
          return;
        }
        if (!(error instanceof Unreachable)) throw error;
        if (this.mayGoOn) this.goOn(name);
        this.changed();
        await pause(RETRY_MS);
      }
    }
  }

  goOn(name) {
    if (this.waiting === name) this.waiting = null;
    this.changed();
  }

  // The way led back from the checkpoint meanwhile: it is asked when it is reached again. Everything else is final.
  refuse(name, error) {
    this.goOn(name);
    if (error.code !== "checkpoint_not_reached") this.journal.stop(error);
  }

  changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
