// Shows one question: what is read aloud, what is for the interviewer, what is not read; options with their codes.

import * as flow from "../../questionnaires/engine/flow.js";
import { fill, h, key, say } from "./dom.js";
import { LONG_LIST } from "./entry.js";
import { gridOf, isFirstRow } from "./grid.js";

const KEYS = { dk: "F8", refused: "F9", na: "F10" };

export class QuestionView {
  constructor(element, texts, { onChoose, onInput }) {
    Object.assign(this, { element, texts, onChoose, onInput });
  }

  show(conversation, entry, problems) {
    const { item, grid } = conversation.step;
    const table = grid && entry.chooses ? gridOf(conversation, entry, this.onChoose) : null;
    this.field = null;
    fill(
      this.element,
      this.head(conversation),
      grid ? this.introduction(conversation) : null,
      this.spoken(conversation, item),
      this.textFor(conversation, item.instruction, "instruction", this.texts.instruction),
      this.textFor(conversation, item.hint, "hint", this.texts.hint),
      this.input(entry),
      table ?? this.answers(conversation, entry),
      this.missing(entry),
      this.line(entry),
      this.problems(conversation, entry, problems),
    );
    this.element.dataset.item = conversation.step.key;
    this.focus();
  }

  focus() {
    const { field, element } = this;
    (field ?? element).focus({ preventScroll: true });
    field?.setSelectionRange(field.value.length, field.value.length);
    const seen = element.querySelector(".strip.bad, .row-now, .option.marked");
    if (seen) seen.scrollIntoView({ block: "nearest" });
    else element.scrollTop = 0;
  }

  head(conversation) {
    const { state, step, language } = conversation;
    // What introduces a grid is read aloud: it does not stand up here.
    const introduction = step.grid ? conversation.text(state.script.nodes.get(step.grid).label) : "";
    const where = flow.heading(state, step, language).filter((text) => text !== introduction);
    const turns = step.loops.map(({ position, count }) => say(this.texts.turn, { position, count }));
    const name = `${conversation.percent} % · ${step.key}`;
    return h("header.q-head", h("p.q-where", [...where, ...turns].join(" · ")), h("p.q-name", name));
  }

  // The text over a grid is read with its first row; later it stands there to be read again.
  introduction(conversation) {
    const { state, step, language } = conversation;
    const text = conversation.text(state.script.nodes.get(step.grid).label);
    if (!text) return null;
    const kind = isFirstRow(conversation) ? "div.q-text.q-intro" : "div.q-intro-again";
    return h(kind, { lang: language }, paragraphs(text));
  }

  spoken(conversation, item) {
    return h("div.q-text", { lang: conversation.language }, paragraphs(conversation.text(item.label)));
  }

  textFor(conversation, texts, kind, tag) {
    const text = conversation.text(texts ?? {});
    if (!text) return null;
    const words = h("div", { lang: conversation.language }, paragraphs(text));
    return h(`div.q-aside.q-${kind}`, h("span.q-tag", tag), words);
  }

  answers(conversation, entry) {
    if (!entry.options.length) return null;
    const read = entry.options.filter((option) => option.read_out !== false && entry.item.read_out);
    const unread = entry.options.filter((option) => !read.includes(option));
    return [
      this.list(conversation, entry, read, "read"),
      unread.length ? this.notRead() : null,
      this.list(conversation, entry, unread, "unread"),
    ];
  }

  list(conversation, entry, options, kind) {
    if (!options.length) return null;
    const { language } = conversation;
    const shown = options.map(({ code, label }) => this.option(entry, code, conversation.text(label), language));
    const list = h(`ol.options.${kind}${options.length > LONG_LIST ? ".dense" : ""}`, { role: "listbox" }, shown);
    list.ariaMultiSelectable = String(entry.several);
    return list;
  }

  notRead() {
    return h("p.not-read", this.texts.not_read);
  }

  option(entry, code, label, lang, more = null) {
    const marked = entry.marked.has(code);
    const sign = (entry.several ? "□■" : "○●")[Number(marked)];
    const mark = h("span.mark", { ariaHidden: "true" }, sign);
    const parts = [mark, h("span.code", code), h("span.label", { lang }, label), more];
    const behaviour = { role: "option", ariaSelected: String(marked), onclick: () => this.onChoose(code) };
    return h(marked ? "li.option.marked" : "li.option", behaviour, parts);
  }

  missing(entry) {
    if (!entry.missing.length) return null;
    const { item, options, state } = entry;
    const option = ({ kind, code, text }) => this.option(entry, code, text, state.language, key(KEYS[kind]));
    const shown = entry.missing.map(option);
    // One line is enough where the options above are not read either.
    const divided = options.some(({ read_out }) => read_out === false) || (entry.chooses && !item.read_out);
    return [divided ? null : this.notRead(), h("ol.options.in-line.unread", { role: "listbox" }, shown)];
  }

  // What is being typed: the code, or what a list is searched for.
  line(entry) {
    if (entry.item.type === "note" || entry.typesText) return null;
    const typed = entry.typed || (entry.several ? "" : [...entry.marked].join(" "));
    const words = entry.sought ? h("span.sought", `“${entry.sought}”`) : null;
    return h("p.code-line", h("span", this.texts.code), h("output", typed, h("span.caret")), words);
  }

  input(entry) {
    if (!entry.typesText) return null;
    const { type } = entry.item;
    const long = type === "text";
    this.field = h(long ? "textarea" : "input", {
      value: entry.typed,
      spellcheck: false,
      autocomplete: "off",
      lang: entry.state.language,
      ariaLabel: this.texts.answer,
      oninput: (event) => this.onInput(event.target.value),
    });
    if (long) this.field.rows = 3;
    else this.field.inputMode = "decimal";
    if (type === "date") this.field.placeholder = this.texts.date_pattern;
    return h("p.field-line", this.field);
  }

  // Text that a key would type, at the caret; `erased` letters before it go.
  insert(text, erased = 0) {
    const { field } = this;
    field.focus();
    const { selectionStart: start, selectionEnd: end } = field;
    field.setRangeText(text, start === end ? Math.max(0, start - erased) : start, end, "end");
    this.onInput(field.value);
  }

  problems(conversation, entry, problems) {
    if (!problems.length) return null;
    const words = problems.map((code) => this.problem(conversation, entry, code));
    return h("p.strip.bad", { role: "alert" }, words.join(" "));
  }

  problem(conversation, entry, code) {
    const own = code === "constraint" ? conversation.text(conversation.step.item.constraint_message ?? {}) : "";
    const kind = code === "required" && !entry.missing.length ? "required_strictly" : code;
    return own || (this.texts.problems[kind] ?? code);
  }
}

function paragraphs(text) {
  return text
    .split(/\n+/)
    .filter(Boolean)
    .map((line) => h("p", line));
}
