// What the interviewer types for one question: codes, marked options, numbers, text. Turns it into an answer, and an answer back into what was typed.

import * as flow from "../../questionnaires/engine/flow.js";

export class Entry {
  constructor(state, step) {
    this.state = state;
    this.step = step;
    this.item = step.item;
    this.options = this.chooses ? flow.options(state, step.key) : [];
    this.missing = flow.missingAnswers(state, step.key, state.language);
    this.typed = "";
    this.marked = new Set();
    this.show(flow.initialAnswer(state, step.key));
  }

  get chooses() {
    return this.item.type === "select_one" || this.item.type === "select_multiple";
  }

  get several() {
    return this.item.type === "select_multiple";
  }

  // Open answers, numbers and dates are typed into a field; codes are not.
  get typesText() {
    return ["text", "integer", "decimal", "date"].includes(this.item.type);
  }

  show(answer) {
    if (answer === null || answer === undefined) return;
    if (answer?.missing) this.marked.add(this.codeOfMissing(answer.missing));
    else if (this.several) for (const code of answer) this.marked.add(code);
    else if (this.chooses) this.marked.add(answer);
    else if (this.typesText) this.typed = String(answer);
  }

  codeOfMissing(kind) {
    return this.missing.find((missing) => missing.kind === kind)?.code;
  }

  kindOf(code) {
    return this.missing.find((missing) => missing.code === code)?.kind;
  }

  get codes() {
    return [...this.options.map((option) => option.code), ...this.missing.map(({ code }) => code)];
  }

  // A digit: a code grows while one exists that begins so; otherwise the digit begins a new one.
  type(character) {
    const grown = this.typed + character;
    if (this.codes.some((code) => code.startsWith(grown))) this.typed = grown;
    else if (this.codes.some((code) => code.startsWith(character))) this.typed = character;
    else return false;
    if (!this.several) this.marked.clear();
    if (!this.several && this.codes.includes(this.typed)) this.marked.add(this.typed);
    return true;
  }

  erase() {
    this.typed = this.typed.slice(0, -1);
    if (!this.several) {
      this.marked.clear();
      if (this.codes.includes(this.typed)) this.marked.add(this.typed);
    }
  }

  // Space: the typed code of a multiple answer is marked, or unmarked.
  commit() {
    if (!this.several || !this.codes.includes(this.typed)) return false;
    this.toggle(this.typed);
    this.typed = "";
    return true;
  }

  // An exclusive option and a missing answer stand alone; choosing one puts the others away.
  toggle(code) {
    if (this.marked.has(code)) {
      this.marked.delete(code);
      return;
    }
    if (!this.several || this.standsAlone(code)) this.marked.clear();
    for (const other of [...this.marked]) if (this.standsAlone(other)) this.marked.delete(other);
    this.marked.add(code);
  }

  standsAlone(code) {
    return Boolean(this.kindOf(code)) || Boolean(this.options.find((option) => option.code === code)?.exclusive);
  }

  choose(code) {
    this.typed = "";
    if (!this.several) this.marked.clear();
    this.toggle(code);
  }

  takeMissing(kind) {
    const code = this.codeOfMissing(kind);
    if (!code) return false;
    this.typed = "";
    this.marked = new Set([code]);
    return true;
  }

  // The answer as the Script has it (docs/script.md); null where nothing was entered.
  get answer() {
    const kind = [...this.marked].map((code) => this.kindOf(code)).find(Boolean);
    if (kind) return { missing: kind };
    if (this.item.type === "note") return true;
    if (this.several) return this.marked.size ? this.options.map(({ code }) => code).filter((code) => this.marked.has(code)) : null;
    if (this.chooses) return [...this.marked][0] ?? null;
    const typed = this.typed.trim();
    if (typed === "") return null;
    if (this.item.type === "integer" && /^-?\d{1,15}$/.test(typed)) return Number(typed);
    if (this.item.type === "decimal") return typed.replace(",", ".");
    return typed;
  }
}
