// Beside the question: what happened with this case, what was noted, what was answered so far.

import * as flow from "../../questionnaires/engine/flow.js";
import { fill, h } from "./dom.js";

export class Side {
  constructor(element, { call, texts, jump }) {
    Object.assign(this, { element, call, texts, jump });
    this.tab = "history";
  }

  show(conversation) {
    this.conversation = conversation;
    const tabs = [
      ["history", this.texts.history],
      ["notes", this.texts.notes],
      ["answers", this.texts.answers],
    ];
    const buttons = tabs.map(([name, label], index) =>
      h("button", { type: "button", ariaPressed: String(name === this.tab), title: `Alt+${index + 1}`, tabIndex: -1, onclick: () => this.open(name) }, label),
    );
    fill(this.element, h("nav.side-tabs", buttons), h("div.side-body", this[this.tab]()));
  }

  open(name) {
    this.tab = name;
    this.show(this.conversation);
  }

  openNumber(number) {
    const name = ["history", "notes", "answers"][number - 1];
    if (name) this.open(name);
    return Boolean(name);
  }

  history() {
    const { history } = this.call;
    if (!history.length) return h("p.muted", this.texts.first_attempt);
    return h("ol.side-list", history.map((attempt) => h("li", h("strong", attempt.label), h("small", `${attempt.number} · ${attempt.at_local} · ${attempt.by}`), attempt.note ? h("q", attempt.note) : null)));
  }

  notes() {
    const notes = [...this.call.notes.map(({ by, at_local, text }) => ({ head: `${at_local} · ${by}`, text })), ...(this.conversation?.notes ?? []).map(({ text }) => ({ head: this.texts.just_now, text }))];
    return notes.length ? h("ol.side-list", notes.map(({ head, text }) => h("li", h("small", head), text))) : h("p.muted", this.texts.no_notes);
  }

  answers() {
    const { conversation } = this;
    if (!conversation) return h("p.muted", this.texts.no_answers);
    const { state, language } = conversation;
    const given = state.route.filter((step) => state.answers.has(step.key) && step.item.type !== "note");
    if (!given.length) return h("p.muted", this.texts.no_answers);
    return h("ol.side-list.side-answers", given.map((step) => h("li", { onclick: () => this.jump(step.key) }, h("small", step.key), answerText(state, step, language))));
  }
}

// An answer in words.
export function answerText(state, step, language) {
  const answer = state.answers.get(step.key);
  if (answer?.missing) return flow.missingAnswers(state, step.key, language).find(({ kind }) => kind === answer.missing)?.text ?? answer.missing;
  const list = step.item.choices;
  if (!list) return String(answer);
  const label = (code) => {
    const option = state.script.option(list, code);
    return option ? flow.renderText(state, option.label, language, step) : code;
  };
  return [answer].flat().map(label).join(", ");
}
