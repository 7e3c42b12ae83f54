// The conversation of one interview: where it stands, what may be said next, what was said. It joins the engine (which
// knows the questionnaire) with the journal (which keeps what was said); the screen only shows it.

import * as flow from "../../questionnaires/engine/flow.js";
import { post, Unreachable } from "./api.js";
import { Checkpoints } from "./checkpoints.js";

const RETRY_MS = 3000;

// The server's columns as the engine's snapshot.
function stateOf({ answers, current, language }) {
  return { answers, current: current || null, language, status: "running" };
}

export class Conversation extends EventTarget {
  constructor({ interview, script, journal, practice }) {
    super();
    Object.assign(this, { interview, script, journal, practice });
    this.state = flow.restore(script, stateOf(interview), interview.context);
    this.checkpoints = new Checkpoints({ interview, journal, practice });
    this.checkpoints.addEventListener("changed", () => this.changed());
    this.finishing = false;
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

  text(texts, step = this.step) {
    return flow.renderText(this.state, texts, this.language, step);
  }

  check(value) {
    return flow.checkAnswer(this.state, this.step.key, value);
  }

  async answer(value) {
    const { item, key } = this.step;
    const before = JSON.stringify(this.state.answers.get(key));
    const refusal = await this.act({ kind: "answer", item: key, value });
    if (refusal) return refusal;
    if (JSON.stringify(this.state.answers.get(key)) !== before) this.reopenBehind(key);
    const language = item.role === "language" ? this.script.option(item.choices, value)?.props.language : "";
    if (language && language !== this.language) await this.speak(language);
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

  // Every act goes the same way: the engine allows it, the journal keeps it, then the screen shows where the
  // conversation stands. On the disk before the screen moves, so that nothing that was seen can be lost. A refused act
  // changes nothing.
  async act(act) {
    if (this.journal.stopped) return null;
    const entry = { language: this.language, ...act };
    const { refusal } = this.take({ ...entry, at: new Date().toISOString() });
    if (refusal) return refusal;
    await this.journal.add(entry);
    this.changed();
    return null;
  }

  pass() {
    const reached = this.checkpoints.names.filter((name) => flow.checkpointReached(this.state, name));
    return this.checkpoints.pass(reached);
  }

  // An answer before a checkpoint may have changed what the server decides there. The server does the same
  // (reopen_checkpoints): by the order of the questionnaire, since a calculation has no place on the route.
  reopenBehind(key) {
    const items = this.script.items();
    const place = items.findIndex(({ name }) => name === key.split("@")[0]);
    for (const name of this.checkpoints.names) {
      if (items.slice(place).some(({ checkpoint }) => checkpoint === name)) this.checkpoints.reopen(name);
    }
  }

  // The last checkpoint: everything has arrived and the server agrees that the interview is at its end. Gives the next
  // address. Throws Refused.
  async complete() {
    this.finishing = true;
    this.changed();
    try {
      for (;;) {
        try {
          await this.journal.sent();
          return await post(this.interview.urls.complete, { epoch: this.journal.epoch });
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error;
          this.changed();
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    } finally {
      this.finishing = false;
    }
  }

  // An item with a role, and its answer in words; null where the questionnaire has none.
  byRole(role) {
    const item = this.script.items().find((one) => one.role === role);
    const step = item ? this.state.step(item.name) : null;
    if (!item) return null;
    return { item, words: step && this.state.answers.has(item.name) ? this.answerInWords(step) : "" };
  }

  get percent() {
    return flow.progress(this.state).percent;
  }

  // The questions on the route that have an answer, without texts that are only read out.
  get answered() {
    return this.state.route.filter((step) => this.state.answers.has(step.key) && step.item.type !== "note");
  }

  // Which round of the loops around it a question belongs to, in words.
  rounds(step) {
    const { state, language } = this;
    return step.loops.map(({ name, key }) => {
      const { choices } = state.script.nodes.get(name);
      return choices === null ? key : state.script.optionLabel(choices, key, language);
    });
  }

  answerInWords(step) {
    const { state, language } = this;
    const answer = state.answers.get(step.key);
    if (answer === null || answer === undefined) return "–";
    if (answer.missing) return state.script.missingLabel(step.item, answer.missing, language);
    const list = step.item.choices;
    if (!list) return String(answer);
    const label = (code) => this.text(state.script.option(list, code)?.label ?? {}, step) || code;
    return [answer].flat().map(label).join(", ");
  }

  changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
