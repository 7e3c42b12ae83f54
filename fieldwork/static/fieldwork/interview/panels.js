// What stands in place of the question for a moment: dialling, outcome, appointment, note, the end, all keys. Each panel draws itself and takes the keys.

import { get } from "./api.js";
import { fill, h, key, say } from "./dom.js";

const DIGITS = /^[0-9]$/;

// Before the interview: the number, who to ask for, the language to begin in.
export class DialPanel {
  constructor({ call, texts, begin }) {
    Object.assign(this, { call, texts, begin });
    this.language = call.language || call.languages[0].code;
  }

  show(element) {
    const { call, texts } = this;
    fill(
      element,
      h("p.q-where", texts.dial),
      h("p.phone", h("a", { href: `tel:${call.phone}` }, spaced(call.phone))),
      call.interview ? h("p.strip.info", say(texts.resumes, { language: this.languageName(call.interview.language) })) : null,
      h("h2", texts.language_of_interview),
      h("ol.options", call.languages.map((language, index) => this.option(element, language, index + 1))),
      h("p.panel-actions", h("button.btn.btn-primary.btn-big", { onclick: () => this.start() }, call.interview ? texts.resume : texts.begin, " ", key("Enter")),
        h("span.muted", texts.no_answer_hint)),
    );
    element.focus();
  }

  option(element, language, number) {
    const chosen = language.code === this.language;
    const choose = () => {
      this.language = language.code;
      this.show(element);
    };
    return h(chosen ? "li.option.marked" : "li.option", { onclick: choose }, h("span.mark", chosen ? "●" : "○"), h("span.code", number), h("span.label", language.name));
  }

  languageName(code) {
    return this.call.languages.find((language) => language.code === code)?.name ?? code;
  }

  async start() {
    if (this.started) return;
    this.started = true;
    try {
      await this.begin(this.language);
    } finally {
      this.started = false;
    }
  }

  key(event, element) {
    if (event.key === "Enter") this.start();
    else if (DIGITS.test(event.key) && this.call.languages[event.key - 1]) {
      this.language = this.call.languages[event.key - 1].code;
      this.show(element);
    } else return false;
    return true;
  }
}

// How the call ended, in two steps: was there contact, and which outcome.
export class OutcomePanel {
  constructor({ call, texts, record, makeAppointment, cancel }) {
    Object.assign(this, { call, texts, record, makeAppointment, cancel });
    this.reset();
  }

  reset() {
    this.contact = null;
    this.typed = "";
    this.chosen = null;
    this.problem = "";
  }

  get outcomes() {
    return this.call.dispositions[this.contact ? "contact" : "no_contact"];
  }

  show(element) {
    this.element = element;
    const { texts } = this;
    if (this.contact === null) {
      fill(element, h("h2", texts.was_there_contact), h("ol.options", this.row(1, texts.contact, () => this.step(true)), this.row(2, texts.no_contact, () => this.step(false))), this.problemLine());
      element.focus();
      return;
    }
    const rows = this.outcomes.map((outcome, index) => this.row(index + 1, outcome.label, () => this.choose(index), outcome === this.chosen, outcome.code));
    this.note ??= h("input", { type: "text", maxLength: 500, placeholder: texts.note_for_next, ariaLabel: texts.note_for_next });
    fill(
      element,
      h("h2", this.contact ? texts.outcome_of_contact : texts.outcome_no_contact),
      h("ol.options.compact", rows),
      h("p.field-line", this.note),
      h("p.code-line", texts.code, " ", h("output", this.typed, h("span.caret"))),
      this.problemLine(),
      h("p.panel-actions", h("button.btn.btn-primary", { onclick: () => this.send(), disabled: !this.chosen }, texts.record_outcome, " ", key("Enter"))),
    );
    if (document.activeElement !== this.note) element.focus();
  }

  row(number, label, onclick, chosen = false, code = "") {
    return h(chosen ? "li.option.marked" : "li.option", { onclick }, h("span.mark", chosen ? "●" : "○"), h("span.code", number), h("span.label", label), code ? h("span.aapor", code) : null);
  }

  problemLine() {
    return this.problem ? h("p.strip.bad", { role: "alert" }, this.problem) : null;
  }

  step(contact) {
    this.contact = contact;
    this.show(this.element);
  }

  choose(index) {
    this.chosen = this.outcomes[index] ?? null;
    this.show(this.element);
  }

  async send() {
    if (!this.chosen || this.sending) return;
    if (this.chosen.needs_appointment) {
      this.makeAppointment(this.chosen, this.note.value);
      return;
    }
    this.sending = true;
    this.problem = (await this.record({ disposition: this.chosen.code, note: this.note.value })) ?? "";
    this.sending = false;
    if (this.problem) this.show(this.element);
  }

  key(event, element) {
    this.element = element;
    if (event.key === "Escape") {
      if (this.contact === null) this.cancel();
      else {
        this.reset();
        this.show(element);
      }
      return true;
    }
    if (event.key === "Enter") {
      this.send();
      return true;
    }
    if (event.target === this.note) return false;
    if (this.contact === null) {
      if (event.key !== "1" && event.key !== "2") return false;
      this.step(event.key === "1");
      return true;
    }
    if (event.key === "Backspace") this.typed = this.typed.slice(0, -1);
    else if (DIGITS.test(event.key)) this.typed = this.grow(event.key);
    else return false;
    this.choose(Number(this.typed) - 1);
    return true;
  }

  grow(digit) {
    const grown = this.typed + digit;
    return Number(grown) >= 1 && Number(grown) <= this.outcomes.length ? grown : digit;
  }
}

// An appointment in the respondent's local time: quick choices by digit, or any time; how crowded the time is; agreed or guessed.
export class AppointmentPanel {
  constructor({ call, texts, record, cancel, now }) {
    Object.assign(this, { call, texts, record, cancel, now });
    this.problem = "";
    this.zone = call.respondent_time_zones[0];
    this.minutes = 60;
    this.hard = true;
  }

  open(outcome, note) {
    this.outcome = outcome;
    this.problem = "";
    const { texts } = this;
    this.choices = quickChoices(this.wallClock(), texts);
    this.when = h("input", { type: "datetime-local", value: this.choices[0].value, step: 900, ariaLabel: texts.appointment_at, onchange: () => this.crowd() });
    this.note = h("input", { type: "text", value: note ?? "", maxLength: 500, ariaLabel: texts.note_for_next });
    this.crowding = h("p.crowding", { role: "status" });
  }

  // Minutes of the respondent's wall clock, as if it were UTC: only for arithmetic on local times.
  wallClock() {
    const text = new Intl.DateTimeFormat("sv-SE", { timeZone: this.zone, dateStyle: "short", timeStyle: "short" }).format(this.now());
    return new Date(`${text.replace(" ", "T")}Z`);
  }

  show(element) {
    this.element = element;
    const { texts } = this;
    const zones = h("select", { ariaLabel: texts.time_zone, onchange: (event) => (this.zone = event.target.value) }, this.call.respondent_time_zones.map((zone) => h("option", { value: zone, selected: zone === this.zone }, city(zone))));
    fill(
      element,
      h("h2", texts.appointment),
      h("p.q-where", say(texts.respondent_time, { time: this.wallClock().toISOString().slice(11, 16), zone: city(this.zone) })),
      h("ol.options.compact", this.choices.map((choice, index) => h(choice.value === this.when.value ? "li.option.marked" : "li.option", { onclick: () => this.pick(index) }, h("span.code", index + 1), h("span.label", choice.label), h("span.aapor", choice.value.slice(5).replace("T", " "))))),
      h("div.form-grid",
        h("label.field", h("span.field-label", texts.appointment_at), this.when),
        h("label.field", h("span.field-label", texts.time_zone), zones),
        h("label.field", h("span.field-label", texts.note_for_next), this.note),
        h("label.field.field-check", h("input", { type: "checkbox", checked: this.hard, onchange: (event) => (this.hard = event.target.checked) }), h("span", texts.agreed_with_respondent)),
      ),
      this.crowding,
      this.problem ? h("p.strip.bad", { role: "alert" }, this.problem) : null,
      h("p.panel-actions", h("button.btn.btn-primary", { onclick: () => this.send() }, texts.record_appointment, " ", key("Enter"))),
    );
    if (!element.contains(document.activeElement)) element.focus();
    this.crowd();
  }

  pick(index) {
    if (!this.choices[index]) return;
    this.when.value = this.choices[index].value;
    this.show(this.element);
  }

  async crowd() {
    const day = this.when.value.slice(0, 10);
    const slots = day ? await get(`${this.call.urls.slots}?day=${day}&time_zone=${encodeURIComponent(this.zone)}`).catch(() => []) : [];
    const slot = slots.filter(({ starts_at }) => starts_at.slice(0, 16) <= this.when.value).at(-1);
    const words = [];
    if (slot?.taken) words.push(say(this.texts.slot_taken, { count: slot.taken }));
    if (slot && !slot.in_hours) words.push(this.texts.outside_hours);
    this.crowding.textContent = words.join(" ");
    this.crowding.classList.toggle("warns", words.length > 0);
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    const appointment = { starts_at: this.when.value, time_zone: this.zone, minutes: this.minutes, hard: this.hard, note: this.note.value };
    this.problem = (await this.record({ disposition: this.outcome.code, note: this.note.value, appointment })) ?? "";
    this.sending = false;
    if (this.problem) this.show(this.element);
  }

  key(event, element) {
    this.element = element;
    if (event.key === "Escape") this.cancel();
    else if (event.key === "Enter") this.send();
    else if (DIGITS.test(event.key) && !event.target.matches("input, select")) this.pick(event.key - 1);
    else return false;
    return true;
  }
}

function quickChoices(now, texts) {
  const at = (days, hour, minute = 0) => {
    const moment = new Date(now);
    moment.setUTCDate(moment.getUTCDate() + days);
    moment.setUTCHours(hour, minute, 0, 0);
    return moment;
  };
  const later = (minutes) => {
    const moment = new Date(now.getTime() + minutes * 60000);
    moment.setUTCMinutes(Math.ceil(moment.getUTCMinutes() / 15) * 15, 0, 0);
    return moment;
  };
  return [
    [texts.in_half_an_hour, later(30)],
    [texts.in_an_hour, later(60)],
    [texts.in_two_hours, later(120)],
    [texts.this_evening, at(0, 19)],
    [texts.tomorrow_morning, at(1, 10)],
    [texts.tomorrow_afternoon, at(1, 14)],
    [texts.tomorrow_evening, at(1, 19)],
  ]
    .filter(([, moment]) => moment > now)
    .map(([label, moment]) => ({ label, value: moment.toISOString().slice(0, 16) }));
}

function city(zone) {
  return zone.split("/").at(-1).replace("_", " ");
}

function spaced(phone) {
  const digits = phone.replace(/^\+/, "");
  const country = digits.startsWith("998") ? 3 : 1;
  const rest = digits.slice(country);
  return `+${digits.slice(0, country)} ${rest.slice(0, -7)} ${rest.slice(-7, -4)}-${rest.slice(-4, -2)}-${rest.slice(-2)}`;
}

// A remark that stays with the interview and its case.
export class NotePanel {
  constructor({ texts, add, close }) {
    Object.assign(this, { texts, add, close });
  }

  show(element) {
    this.field ??= h("textarea", { rows: 4, maxLength: 2000, ariaLabel: this.texts.note });
    fill(element, h("h2", this.texts.note), h("p.field-line", this.field), h("p.panel-actions", h("button.btn.btn-primary", { onclick: () => this.save() }, this.texts.keep_note, " ", key("Enter"))));
    this.field.focus();
  }

  async save() {
    const text = this.field.value.trim();
    this.field.value = "";
    if (text) await this.add(text);
    this.close();
  }

  key(event) {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && !event.ctrlKey && !event.shiftKey) this.save();
    else return false;
    return true;
  }
}

// One sentence and one key: the end of the interview, a full quota, a page that may not write any more.
export class NoticePanel {
  constructor({ title, text, tone, action, run, back }) {
    Object.assign(this, { title, text, tone, action, run, back });
  }

  show(element) {
    const button = this.action ? h("button.btn.btn-primary.btn-big", { onclick: () => this.go() }, this.action, " ", key("Enter")) : null;
    fill(element, h("h2", this.title), this.text ? h(`p.strip.${this.tone ?? "info"}`, this.text) : null, this.problem ? h("p.strip.bad", { role: "alert" }, this.problem) : null, button ? h("p.panel-actions", button) : null);
    this.element = element;
    element.focus();
  }

  async go() {
    if (this.going) return;
    this.going = true;
    this.problem = (await this.run()) ?? "";
    this.going = false;
    if (this.problem) this.show(this.element);
  }

  key(event) {
    if (event.key === "Enter" && this.action) this.go();
    else if (this.back && (event.key === "PageUp" || event.key === "Escape")) this.back();
    else return false;
    return true;
  }
}

// All keys, with words.
export class KeysPanel {
  constructor({ texts, keys, close }) {
    Object.assign(this, { texts, keys, close });
  }

  show(element) {
    fill(element, h("h2", this.texts.all_keys), h("dl.kv.keys", this.keys().map(([names, words]) => [h("dt", names.map(key)), h("dd", words)])));
    element.focus();
  }

  key(event) {
    if (!["Escape", "F1", "Enter"].includes(event.key)) return false;
    this.close();
    return true;
  }
}
