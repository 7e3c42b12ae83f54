// Before the interview: the number, and the language to begin in.

import { fill, h, key, say } from "./dom.js";
import { callKeys } from "./hints.js";
import { row } from "./panels.js";

export class DialPanel {
  name = "dial";

  constructor({ call, texts, begin }) {
    Object.assign(this, { call, texts, begin });
    this.language = call.language || call.languages[0]?.code;
    this.problem = "";
  }

  get hints() {
    const { call, texts } = this;
    const known = call.interview ? texts.key_resume : texts.key_begin;
    return [[["Enter"], known], [[`1–${call.languages.length}`], texts.key_language], ...callKeys(texts).slice(0, 2)];
  }

  show(element) {
    this.element = element;
    const { call, texts } = this;
    const language = call.languages.find(({ code }) => code === call.interview?.language)?.name;
    const begin = [call.interview ? texts.resume : texts.begin, " ", key("Enter")];
    fill(
      element,
      h("p.q-where", texts.dial),
      h("p.phone", h("a", { href: `tel:${call.phone}`, tabIndex: -1 }, spaced(call.phone))),
      call.interview ? h("p.strip.info", say(texts.resumes, { language })) : null,
      h("h2", texts.language_of_interview),
      h("ol.options", call.languages.map((one, index) => this.option(one, index))),
      this.problem ? h("p.strip.bad", { role: "alert" }, this.problem) : null,
      h("p.panel-actions", h("button.btn.btn-primary.btn-big", { tabIndex: -1, onclick: () => this.start() }, begin)),
      h("p.q-where", texts.no_answer_hint),
    );
    element.focus();
  }

  option({ code, name }, index) {
    return row({ number: index + 1, label: name, chosen: code === this.language, onclick: () => this.choose(code) });
  }

  choose(code) {
    this.language = code;
    this.show(this.element);
  }

  async start() {
    if (this.started) return;
    this.started = true;
    this.problem = "";
    await this.begin(this.language).finally(() => (this.started = false));
  }

  key({ name, digit }, element) {
    this.element = element;
    const language = digit && this.call.languages[digit - 1];
    if (name === "Enter") this.start();
    else if (language) this.choose(language.code);
    else return false;
    return true;
  }
}

// Groups of digits as people read them out: +7 701 652-68-51, +998 90 123-45-67.
function spaced(phone) {
  const digits = phone.replace(/^\+/, "");
  const country = digits.startsWith("998") ? 3 : 1;
  const rest = digits.slice(country);
  const line = [rest.slice(-7, -4), rest.slice(-4, -2), rest.slice(-2)].join("-");
  return `+${digits.slice(0, country)} ${rest.slice(0, -7)} ${line}`;
}
