// What the interviewer types for one question: codes, marked options, numbers, text. Turns it into an answer, and an
// answer back into what was typed.

import * as flow from "../../questionnaires/engine/flow.js";

// Options of longer lists are also found by the beginning of a word.
export const LONG_LIST = 8;

export class Entry {
  constructor(state, step) {
    this.state = state;
    this.step = step;
    this.item = step.item;
    this.options = this.chooses ? flow.options(state, step.key) : [];
    this.missing = flow.missingAnswers(state, step.key, state.language);
    this.typed = "";
    this.sought = "";
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

  // A field into which only digits make sense.
  get typesDigits() {
    return this.typesText && this.item.type !== "text";
  }

  show(answer) {
    if (answer === null || answer === undefined) return;
    if (answer?.missing) this.marked.add(this.codeOfMissing(answer.missing));
    else if (this.several) for (const code of answer) this.marked.add(code);
    else if (this.chooses) this.marked.add(answer);
    else if (this.item.type === "date") this.typed = answer.split("-").reverse().join(".");
    else if (this.typesText) this.typed = String(answer);
  }

  // What was typed and not yet entered: kept over a change of language and a reload.
  get draft() {
    return { key: this.step.key, typed: this.typed, marked: [...this.marked] };
  }

  take({ typed, marked }) {
    this.typed = typed;
    this.marked = new Set(marked.filter((code) => this.codes.includes(code)));
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
    if (!character) return false;
    const grown = this.typed + character;
    if (this.codes.some((code) => code.startsWith(grown))) this.typed = grown;
    else if (this.codes.some((code) => code.startsWith(character))) this.typed = character;
    else return false;
    this.sought = "";
    this.markTyped();
    return true;
  }

  // A letter, in a list that is looked up: the first option with a word that begins so.
  seek(letter) {
    if (this.options.length <= LONG_LIST || !/\p{L}/u.test(letter)) return false;
    const sought = (this.sought + letter).toLocaleLowerCase();
    const found = this.options.find(({ label }) => wordsOf(this.state, this.step, label).includes(` ${sought}`));
    if (!found) return false;
    this.sought = sought;
    this.typed = found.code;
    this.markTyped();
    return true;
  }

  erase() {
    this.typed = this.sought ? "" : this.typed.slice(0, -1);
    this.sought = "";
    this.markTyped();
  }

  // Of a single answer the typed code is the answer; of several it waits for Space.
  markTyped() {
    if (this.several) return;
    this.marked.clear();
    if (this.codes.includes(this.typed)) this.marked.add(this.typed);
  }

  // Space: the typed code of a multiple answer is marked, or unmarked.
  commit() {
    if (!this.several || !this.codes.includes(this.typed)) return false;
    this.toggle(this.typed);
    this.typed = "";
    this.sought = "";
    return true;
  }

  // Enter: a typed code is meant to be marked, also where it is marked already.
  finish() {
    if (this.several && !this.marked.has(this.typed)) this.commit();
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
    this.sought = "";
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
    if (this.several) return this.markedOptions();
    if (this.chooses) return [...this.marked][0] ?? (this.typed || null);
    const typed = this.typed.trim();
    if (typed === "") return null;
    if (this.item.type === "integer" && /^-?\d{1,15}$/.test(typed)) return Number(typed);
    if (this.item.type === "decimal") return typed.replace(",", ".");
    if (this.item.type === "date") return dateOf(typed);
    return typed;
  }

  markedOptions() {
    const codes = this.options.map(({ code }) => code).filter((code) => this.marked.has(code));
    return codes.length ? codes : null;
  }
}

function wordsOf(state, step, label) {
  return ` ${flow.renderText(state, label, state.language, step)}`.toLocaleLowerCase().replace(/[-–(«"]/g, " ");
}

// "19.8.2021", "19082021" and "2021-08-19" as the last; anything else as it is, for the check to refuse.
function dateOf(typed) {
  const found = /^(\d{1,2})[.\-/ ](\d{1,2})[.\-/ ](\d{4})$/.exec(typed) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(typed);
  if (!found) return typed;
  const [, day, month, year] = found;
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}
