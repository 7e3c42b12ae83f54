// Beside the question: what happened with this case, what was noted, what was answered so far.

import { fill, h } from "./dom.js";

const TABS = ["history", "notes", "answers"];

export class Side {
  constructor(element, { call, texts, jump }) {
    Object.assign(this, { element, call, texts, jump });
    this.tab = call.practice || !(call.history.length || call.appointments.length) ? "answers" : "history";
    // A click here must not take the keyboard from the question.
    element.addEventListener("mousedown", (event) => event.preventDefault());
  }

  show(conversation) {
    this.conversation = conversation;
    const buttons = TABS.map((name, index) => {
      const words = [this.texts[name], h("small", `Alt+${index + 1}`)];
      const pressed = String(name === this.tab);
      return h("button", { type: "button", ariaPressed: pressed, tabIndex: -1, onclick: () => this.open(name) }, words);
    });
    fill(this.element, h("nav.side-tabs", buttons), h("div.side-body", this[this.tab]()));
    this.element.querySelector(".now")?.scrollIntoView({ block: "nearest" });
  }

  open(name) {
    this.tab = name;
    this.show(this.conversation);
  }

  openNumber(number) {
    const name = TABS[number - 1];
    if (name) this.open(name);
    return Boolean(name);
  }

  history() {
    const { history, appointments } = this.call;
    if (!history.length) return h("p.muted", this.texts.first_attempt);
    const due = appointments.filter(({ status }) => status === "due").map((one) => this.appointment(one));
    return h("ol.side-list", due, [...history].reverse().map((attempt) => this.attempt(attempt)));
  }

  attempt({ number, label, at_local, by, note }) {
    return h("li", h("strong", label), h("small", `${number} · ${at_local} · ${by}`), note ? h("q", note) : null);
  }

  appointment({ starts_at_local, time_zone, hard, note }) {
    const words = [starts_at_local, city(time_zone), hard ? this.texts.agreed_with_respondent : ""];
    const when = h("small", words.filter(Boolean).join(" · "));
    return h("li", h("strong", this.texts.appointment), when, note ? h("q", note) : null);
  }

  notes() {
    const earlier = this.call.notes.map(({ by, at_local, text }) => ({ head: `${at_local} · ${by}`, text }));
    const now = (this.conversation?.notes ?? []).map(({ text }) => ({ head: this.texts.just_now, text }));
    const notes = [...earlier, ...now];
    if (!notes.length) return h("p.muted", this.texts.no_notes);
    return h("ol.side-list", notes.map(({ head, text }) => h("li", h("small", head), text)));
  }

  answers() {
    const { conversation } = this;
    const given = conversation?.answered ?? [];
    if (!given.length) return h("p.muted", this.texts.no_answers);
    // The place to be seen: the question on the screen, or the last one that was answered.
    const seen = given.includes(conversation.step) ? conversation.step : given.at(-1);
    return h("ol.side-list.side-answers", given.map((step) => this.answer(step, seen)));
  }

  answer(step, seen) {
    const { conversation } = this;
    const kind = step === conversation.step ? "li.here.now" : step === seen ? "li.now" : "li";
    const about = [conversation.text(step.item.short, step) || step.item.name, ...conversation.rounds(step)];
    const words = [h("small", about.join(" · ")), conversation.answerInWords(step)];
    return h(kind, { onclick: () => this.jump(step.key) }, words);
  }
}

export function city(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}
