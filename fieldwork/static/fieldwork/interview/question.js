// Shows one question: what is read aloud, what is for the interviewer, what is not read; options with their codes; grids as one table.

import * as flow from "../../questionnaires/engine/flow.js";
import { fill, h, key, say } from "./dom.js";

// Options that are looked up rather than read: more of them stand in columns.
const LONG_LIST = 8;

export class QuestionView {
  constructor(element, texts, { onChoose, onInput }) {
    Object.assign(this, { element, texts, onChoose, onInput });
  }

  show(conversation, entry, problems) {
    const { step } = conversation;
    const { item } = step;
    const grid = step.grid ? this.grid(conversation, entry) : null;
    this.field = null;
    fill(
      this.element,
      this.head(conversation, step),
      this.spoken(conversation, item),
      this.textFor(conversation, item.instruction, "instruction", this.texts.instruction),
      this.textFor(conversation, item.hint, "hint", this.texts.hint),
      grid ?? this.answers(conversation, entry),
      this.missing(entry),
      this.line(entry),
      this.problems(conversation, problems),
    );
    this.element.dataset.item = step.key;
    (this.field ?? this.element).focus({ preventScroll: true });
    if (this.field?.setSelectionRange && this.field.type !== "number") this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    this.element.querySelector(".row-now, .option.marked")?.scrollIntoView({ block: "nearest" });
  }

  head(conversation, step) {
    const { percent } = flow.progress(conversation.state);
    const where = flow.heading(conversation.state, step, conversation.language);
    const turns = step.loops.map(({ position, count }) => say(this.texts.turn, { position, count }));
    return h("header.q-head", h("p.q-where", [...where, ...turns].join(" · ")), h("p.q-progress", `${percent} % · ${step.key}`));
  }

  spoken(conversation, item) {
    const text = conversation.text(item.label);
    const element = h(item.type === "note" ? "div.q-text.q-note" : "div.q-text", paragraphs(text));
    element.lang = conversation.language;
    return element;
  }

  textFor(conversation, texts, kind, tag) {
    const text = conversation.text(texts ?? {});
    return text ? h(`p.q-${kind}`, h("span.q-tag", tag), " ", text) : null;
  }

  answers(conversation, entry) {
    if (!entry.options.length) return null;
    const read = entry.options.filter((option) => option.read_out !== false && entry.item.read_out);
    const unread = entry.options.filter((option) => !read.includes(option));
    return [
      this.list(conversation, entry, read, "ol.options"),
      unread.length ? this.notRead() : null,
      this.list(conversation, entry, unread, unread.length > LONG_LIST ? "ol.options.compact" : "ol.options.unread"),
    ];
  }

  list(conversation, entry, options, selector) {
    if (!options.length) return null;
    const list = h(selector, { role: "listbox" }, options.map((option) => this.option(conversation, entry, option)));
    list.ariaMultiSelectable = String(entry.several);
    return list;
  }

  notRead() {
    return h("p.not-read", h("span", this.texts.not_read));
  }

  option(conversation, entry, option) {
    return this.choice(entry, option.code, conversation.text(option.label), conversation.language);
  }

  choice(entry, code, label, language) {
    const marked = entry.marked.has(code);
    const element = h(
      marked ? "li.option.marked" : "li.option",
      { role: "option", ariaSelected: String(marked), lang: language, onclick: () => this.onChoose(code) },
      h("span.mark", { ariaHidden: "true" }, marked ? "●" : entry.several ? "□" : "○"),
      h("span.code", code),
      h("span.label", label),
    );
    return element;
  }

  missing(entry) {
    if (!entry.missing.length) return null;
    const keys = { dk: "F8", refused: "F9", na: "F10" };
    const shown = entry.missing.map(({ kind, code, text }) => {
      const element = this.choice(entry, code, text, entry.state.language);
      element.append(key(keys[kind]));
      return element;
    });
    // One line is enough where the options above are not read either.
    const divided = entry.options.some((option) => option.read_out === false) || (entry.chooses && !entry.item.read_out);
    return [divided ? null : this.notRead(), h("ol.options.quiet.in-line", { role: "listbox" }, shown)];
  }

  line(entry) {
    if (entry.item.type === "note") return null;
    if (entry.typesText) return this.input(entry);
    return h("p.code-line", this.texts.code, " ", h("output", entry.typed || [...entry.marked].join(" "), h("span.caret")));
  }

  input(entry) {
    const { type } = entry.item;
    const long = type === "text";
    this.field = h(long ? "textarea" : "input", {
      value: entry.typed,
      rows: 3,
      spellcheck: false,
      autocomplete: "off",
      lang: entry.state.language,
      oninput: (event) => this.onInput(event.target.value),
    });
    if (!long) this.field.type = type === "date" ? "date" : "text";
    if (type === "integer" || type === "decimal") this.field.inputMode = "decimal";
    this.field.ariaLabel = this.texts.answer;
    return h("p.field-line", this.field);
  }

  problems(conversation, problems) {
    if (!problems.length) return null;
    const own = conversation.text(conversation.step.item.constraint_message ?? {});
    const words = problems.map((code) => (code === "constraint" && own ? own : (this.texts.problems[code] ?? code)));
    return h("p.strip.bad", { role: "alert" }, words.join(" "));
  }

  // All rows of the grid with the answers given so far; the row that is being asked stands out.
  grid(conversation, entry) {
    const { state, script, step } = conversation;
    const rows = script.nodes.get(step.grid).children.filter((child) => child.kind === "item" && child.type !== "calculate");
    const suffix = step.key.slice(step.item.name.length);
    const columns = entry.options;
    const { missing } = entry;
    const head = h("tr", h("th", ""), columns.map((option) => h("th", h("span.code", option.code), h("br"), conversation.text(option.label))));
    const body = rows.map((row) => this.gridRow(conversation, entry, row, suffix, columns, missing));
    return h("div.table-scroll", h("table.grid", h("thead", head), h("tbody", body)));
  }

  gridRow(conversation, entry, row, suffix, columns, missing) {
    const name = row.name + suffix;
    const now = name === conversation.step.key;
    const given = now ? entry.marked : codesOf(conversation.state.answers.get(name), missing);
    const cells = columns.map((option) =>
      h(
        given.has(option.code) ? "td.given" : "td",
        now ? { onclick: () => this.onChoose(option.code) } : {},
        given.has(option.code) ? "●" : now ? "○" : "",
      ),
    );
    const said = missing.find(({ code }) => given.has(code));
    return h(now ? "tr.row-now" : "tr", h("th", { scope: "row" }, conversation.text(row.label), said ? h("small", ` · ${said.text}`) : ""), cells);
  }
}

function codesOf(answer, missing) {
  if (answer?.missing) return new Set(missing.filter(({ kind }) => kind === answer.missing).map(({ code }) => code));
  return new Set(answer === undefined || answer === null ? [] : [answer].flat());
}

function paragraphs(text) {
  return text
    .split(/\n+/)
    .filter(Boolean)
    .map((line) => h("p", line));
}
