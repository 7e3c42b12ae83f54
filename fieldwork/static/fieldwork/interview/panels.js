// What stands in place of the question for a moment: a note, a notice, all keys; and pieces that panels share.
//
// A panel has a `name`, `hints` (its keys in words), `show(element)` and `key(press, element)`, which says whether the
// press was of use. One that `takesAllKeys` also gets those that otherwise work everywhere.

import { fill, h, key } from "./dom.js";

// A line to choose: mark, number, words.
export function row({ number, label, more = "", chosen = false, onclick }) {
  const parts = [
    h("span.mark", { ariaHidden: "true" }, chosen ? "●" : "○"),
    h("span.code", String(number)),
    h("span.label", label),
    more ? h("span.more", more) : null,
  ];
  return h(chosen ? "li.option.marked" : "li.option", { onclick }, parts);
}

export function problemLine(problem) {
  return problem ? h("p.strip.bad", { role: "alert" }, problem) : null;
}

// A remark that stays with the interview and its case.
export class NotePanel {
  name = "note";
  takesAllKeys = true;

  constructor({ texts, keep, cancel }) {
    Object.assign(this, { texts, keep, cancel });
    this.field = h("textarea", { rows: 4, maxLength: 2000, ariaLabel: texts.note });
  }

  get hints() {
    return [
      [["Enter"], this.texts.key_keep],
      [["Esc"], this.texts.key_cancel],
    ];
  }

  show(element) {
    const { texts } = this;
    const behaviour = { onclick: () => this.save() };
    const keep = h("button.btn.btn-primary.btn-big", behaviour, texts.keep_note, " ", key("Enter"));
    fill(
      element,
      h("h2", texts.note),
      h("p.q-where", texts.note_help),
      h("p.field-line", this.field),
      h("p.panel-actions", keep),
    );
    this.field.focus();
  }

  save() {
    const text = this.field.value.trim();
    this.field.value = "";
    this.keep(text);
  }

  key({ name }) {
    if (name === "Escape") this.cancel();
    else if (name === "Enter") this.save();
    else return false;
    return true;
  }
}

// One sentence and one key: the end of the interview, a full quota, a page that may not write any more. `run` gives a
// problem in words, or nothing.
export class NoticePanel {
  name = "notice";

  constructor({ title, text, tone, more = [], action, run, back, hints = [] }) {
    Object.assign(this, { title, text, tone, more, action, run, back });
    this.problem = "";
    this.hints = [...(action ? [[["Enter"], action]] : []), ...hints];
  }

  show(element) {
    this.element = element;
    const behaviour = { tabIndex: -1, onclick: () => this.go() };
    const button = h("button.btn.btn-primary.btn-big", behaviour, this.action, " ", key("Enter"));
    fill(
      element,
      h("h2", this.title),
      this.text ? h(`p.strip.${this.tone ?? "info"}`, this.text) : null,
      this.more.length ? h("ul.notice-list", this.more.map((line) => h("li", line))) : null,
      problemLine(this.problem),
      this.action ? h("p.panel-actions", button) : null,
    );
    element.focus();
  }

  async go() {
    if (this.going) return;
    this.going = true;
    this.problem = (await this.run()) ?? "";
    this.going = false;
    if (this.problem) this.show(this.element);
  }

  key({ name }) {
    if (name === "Enter" && this.action) this.go();
    else if (this.back && ["PageUp", "Shift+Enter", "Escape"].includes(name)) this.back();
    else return false;
    return true;
  }
}

// All keys, with words.
export class KeysPanel {
  name = "keys";
  takesAllKeys = true;

  constructor({ texts, keys, close }) {
    Object.assign(this, { texts, keys, close });
    this.hints = [[["Esc"], texts.key_cancel]];
  }

  show(element) {
    const lists = this.keys.map(([title, keys]) => h("section", h("h3", title), h("dl.kv.keys", keys.map(keyRow))));
    fill(element, h("h2", this.texts.all_keys), h("div.key-lists", lists));
    element.focus();
  }

  key({ name }) {
    if (!["Escape", "F1", "Enter"].includes(name)) return false;
    this.close();
    return true;
  }
}

function keyRow([names, words]) {
  return [h("dt", names.map(key)), h("dd", words)];
}
