// How the call ended, in two steps: was there contact, and which outcome.

import { fill, h, key } from "./dom.js";
import { problemLine, row } from "./panels.js";

export class OutcomePanel {
  name = "outcome";
  takesAllKeys = true;

  constructor({ call, texts, record, makeAppointment, cancel }) {
    Object.assign(this, { call, texts, record, makeAppointment, cancel });
    this.note = h("input", { type: "text", maxLength: 2000, ariaLabel: texts.note_for_next });
    this.reset();
  }

  reset() {
    this.contact = null;
    this.typed = "";
    this.chosen = null;
    this.language = "";
    this.problem = "";
  }

  get outcomes() {
    return this.call.dispositions[this.contact ? "contact" : "no_contact"];
  }

  get hints() {
    const { texts } = this;
    if (this.contact === null) return [[["1", "2"], texts.key_choose], [["Esc"], texts.key_cancel]];
    return [
      [["0–9"], texts.key_choose],
      [["Enter"], texts.key_record],
      [["F4"], texts.key_note],
      [["Esc"], texts.key_back],
    ];
  }

  show(element) {
    this.element = element;
    if (this.contact === null) this.askContact(element);
    else this.askOutcome(element);
  }

  askContact(element) {
    const { texts } = this;
    const contact = row({ number: 1, label: texts.contact, onclick: () => this.step(true) });
    const none = row({ number: 2, label: texts.no_contact, onclick: () => this.step(false) });
    fill(element, h("h2", texts.was_there_contact), h("ol.options", contact, none), problemLine(this.problem));
    element.focus();
  }

  askOutcome(element) {
    const { texts } = this;
    const behaviour = { tabIndex: -1, onclick: () => this.send(), disabled: !this.chosen };
    const send = h("button.btn.btn-primary.btn-big", behaviour);
    send.append(this.chosen?.needs_appointment ? texts.appointment : texts.record_outcome, " ", key("Enter"));
    fill(
      element,
      h("h2", this.contact ? texts.outcome_of_contact : texts.outcome_no_contact),
      h("ol.options.dense", this.outcomes.map((outcome, index) => this.option(outcome, index))),
      this.chosen?.asks_language ? this.languages() : null,
      h("label.note-line", h("span", texts.note_for_next, " ", key("F4")), this.note),
      problemLine(this.problem),
      h("p.panel-actions", send),
    );
    if (document.activeElement !== this.note) element.focus();
    element.querySelector(".marked")?.scrollIntoView({ block: "nearest" });
  }

  option(outcome, index) {
    const { label, code } = outcome;
    const chosen = outcome === this.chosen;
    return row({ number: index + 1, label, more: code, chosen, onclick: () => this.choose(index) });
  }

  // Who speaks another language is called again by somebody who speaks it.
  languages() {
    const { texts, call } = this;
    const choices = [{ code: "", name: texts.another_language }, ...call.population_languages];
    const select = h("select", { onchange: (event) => (this.language = event.target.value) });
    const chosen = (code) => code === this.language;
    select.append(...choices.map(({ code, name }) => h("option", { value: code, selected: chosen(code) }, name)));
    return h("label.note-line", h("span", texts.language_wanted), select);
  }

  step(contact) {
    this.contact = contact;
    this.redraw();
  }

  choose(index) {
    this.chosen = this.outcomes[index] ?? null;
    this.redraw();
  }

  redraw() {
    this.onChange?.();
    this.show(this.element);
  }

  async send() {
    if (!this.chosen || this.sending) return;
    if (this.chosen.needs_appointment) {
      this.makeAppointment(this.chosen, this.note.value);
      return;
    }
    this.sending = true;
    const outcome = { disposition: this.chosen.code, note: this.note.value, language: this.language };
    this.problem = await this.record(outcome).finally(() => (this.sending = false));
    if (this.problem) this.redraw();
  }

  key({ name, digit, target }, element) {
    this.element = element;
    const inNote = target?.matches?.("input, select");
    if (name === "Escape") this.stepBack();
    else if (name === "Enter") this.send();
    else if (name === "F4" && this.contact !== null) this.note.focus();
    else if (inNote) return false;
    else if (name === "Backspace") this.type(this.typed.slice(0, -1));
    else if (digit && this.contact === null) this.answerContact(digit);
    else if (digit) this.type(this.grown(digit));
    else return false;
    return true;
  }

  stepBack() {
    if (this.contact === null) this.cancel();
    else {
      this.reset();
      this.redraw();
    }
  }

  answerContact(digit) {
    if (digit === "1" || digit === "2") this.step(digit === "1");
  }

  type(typed) {
    this.typed = typed;
    this.choose(Number(typed) - 1);
  }

  // Two digits choose from a long list; a digit that fits no more begins anew.
  grown(digit) {
    const grown = this.typed + digit;
    return Number(grown) >= 1 && Number(grown) <= this.outcomes.length ? grown : digit;
  }
}
