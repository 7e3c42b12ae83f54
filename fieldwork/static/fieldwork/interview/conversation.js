// The conversation of one interview: where it stands, what may be said next, what was said. It joins the engine (which knows the questionnaire) with the
// journal (which keeps what was said); the screen only shows it.

import * as flow from "../../questionnaires/engine/flow.js";
import { post, Refused, Unreachable } from "./api.js";

const RETRY_MS = 3000;

// The server's columns as the engine's snapshot.
function stateOf({ answers, current, language }) {
  return { answers, current: current || null, language, status: "running" };
}

export class Conversation extends EventTarget {
  constructor({ interview, script, journal, practice }) {
    super();
    Object.assign(this, { interview, script, journal, practice });
    this.context = interview.context;
    this.state = flow.restore(script, stateOf(interview), this.context);
    this.checkpoints = { ...interview.checkpoints };
    const full = Object.values(this.checkpoints).includes("quota_full");
    this.closed = full ? { decision: "quota_full", message: "" } : null;
    this.notes = [];
  }

  // Take in what was said before the page was loaded anew and has not reached the server.
  replay(entries) {
    for (const entry of entries) this.take(entry);
  }

  take(entry) {
    if (entry.kind === "note") this.notes.push({ at: entry.at, text: entry.value });
    return flow.apply(this.state, entry);
  }

  get step() {
    return this.state.current;
  }

  get language() {
    return this.state.language;
  }

  get atEnd() {
    return this.step === null;
  }

  // The code with which the interview ends here, where the current note says so.
  get endsWith() {
    return this.step?.item.ends ?? "";
  }

  text(texts) {
    return flow.renderText(this.state, texts, this.language, this.step);
  }

  check(value) {
    return flow.checkAnswer(this.state, this.step.key, value);
  }

  async answer(value) {
    const { item, key } = this.step;
    const refusal = await this.act({ kind: "answer", item: key, value });
    if (refusal) return refusal;
    const language = item.role === "language" ? this.script.option(item.choices, value)?.props.language : "";
    if (language && language !== this.language) await this.speak(language);
    this.pass();
    return null;
  }

  back() {
    return this.act({ kind: "back" });
  }

  jump(item = null) {
    return this.act({ kind: "jump", item });
  }

  speak(language) {
    return this.act({ kind: "language", language });
  }

  note(text) {
    return this.act({ kind: "note", item: this.step?.key ?? null, value: text });
  }

  // The engine takes the act, the disk keeps it, and only then the screen moves: what is shown can't be lost. A refused act changes nothing.
  async act(act) {
    const entry = { language: this.language, ...act };
    const { refusal } = this.take({ ...entry, at: new Date().toISOString() });
    if (refusal) return refusal;
    await this.journal.add(entry);
    this.changed();
    return null;
  }

  // Checkpoints that were reached and not decided yet. The server has to say; the study's rule says what happens while it can't be reached.
  async pass() {
    for (const name of this.reached()) {
      if (this.practice) this.checkpoints[name] = "open";
      else await this.decide(name);
    }
  }

  reached() {
    const names = Object.keys(this.interview.checkpoints);
    return names.filter((name) => !this.checkpoints[name] && flow.checkpointReached(this.state, name));
  }

  async decide(name) {
    for (;;) {
      this.waiting = name;
      this.changed();
      try {
        await this.journal.send();
        if (this.journal.stopped) return;
        if (this.journal.unsent) throw new Unreachable();
        const body = { epoch: this.journal.epoch, name };
        const answer = await post(this.interview.urls.checkpoint, body);
        this.waiting = null;
        this.checkpoints[name] = answer.decision;
        if (answer.decision !== "go_on") this.closed = answer;
        this.changed();
        return;
      } catch (error) {
        if (error instanceof Refused) {
          this.waiting = null;
          this.journal.stop(error);
          return;
        }
        if (!(error instanceof Unreachable)) throw error;
        if (this.interview.checkpoint_rule === "go_on") {
          this.waiting = null;
          setTimeout(() => this.pass(), RETRY_MS);
          this.changed();
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  // The last checkpoint: everything has arrived and the server agrees that the interview is at its end. Gives the next address.
  async complete() {
    for (;;) {
      try {
        await this.journal.send();
        if (this.journal.stopped) throw this.journal.stopped;
        if (this.journal.unsent) throw new Unreachable();
        return await post(this.interview.urls.complete, { epoch: this.journal.epoch });
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        this.waiting = "complete";
        this.changed();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
