// An appointment in the respondent's local time: quick choices by digit, or any time; how crowded the time is; agreed
// with the respondent or guessed.

import { get, Refused, Unreachable } from "./api.js";
import { fill, h, key, say } from "./dom.js";
import { problemLine, row } from "./panels.js";
import { city } from "./side.js";

export class AppointmentPanel {
  name = "appointment";
  takesAllKeys = true;

  constructor({ call, texts, record, cancel, now }) {
    Object.assign(this, { call, texts, record, cancel, now });
    this.zone = call.respondent_time_zones[0];
    this.hard = true;
    this.days = new Map();
  }

  get hints() {
    const { texts } = this;
    return [
      [[`1–${this.choices?.length ?? 1}`], texts.key_choose],
      [["Tab"], texts.key_other_time],
      [["Enter"], texts.key_record],
      [["Esc"], texts.key_cancel],
    ];
  }

  open(outcome, note) {
    this.outcome = outcome;
    this.problem = "";
    const { texts } = this;
    const changed = { onchange: () => this.redraw() };
    this.when = h("input", { type: "datetime-local", step: 900, ariaLabel: texts.appointment_at, ...changed });
    this.note = h("input", { type: "text", value: note ?? "", maxLength: 2000 });
    this.zones = h("select", { onchange: () => this.moveTo(this.zones.value) });
    this.zones.append(...this.call.respondent_time_zones.map((zone) => h("option", { value: zone }, city(zone))));
    this.agreed = h("input", { type: "checkbox", checked: true });
    this.moveTo(this.zone);
  }

  moveTo(zone) {
    this.zone = zone;
    this.days.clear();
    this.choices = quickChoices(this.wallClock(), this.texts);
    this.when.value = this.choices[0].value;
    if (this.element) this.redraw();
  }

  // Minutes of the respondent's wall clock, as if it were UTC: only for arithmetic on local times.
  wallClock() {
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: this.zone, dateStyle: "short", timeStyle: "short" });
    return new Date(`${format.format(this.now()).replace(" ", "T")}Z`);
  }

  show(element) {
    this.element = element;
    const { texts } = this;
    const several = this.call.respondent_time_zones.length > 1;
    const clock = this.wallClock().toISOString().slice(11, 16);
    const time = say(texts.respondent_time, { time: clock, zone: city(this.zone) });
    const send = h("button.btn.btn-primary.btn-big", { onclick: () => this.send() }, texts.record_appointment, " ");
    send.append(key("Enter"));
    fill(
      element,
      h("h2", texts.appointment, " ", h("small.muted", time)),
      h("ol.options.dense", this.choices.map((choice, index) => this.option(choice, index))),
      h(
        "div.form-lines",
        h("label.note-line", h("span", texts.appointment_at), this.when),
        several ? h("label.note-line", h("span", texts.time_zone), this.zones) : null,
        h("label.note-line", h("span", texts.note_for_next), this.note),
        h("label.check-line", this.agreed, h("span", texts.agreed_with_respondent)),
      ),
      h("p.crowding", { role: "status" }, this.about(this.when.value)),
      problemLine(this.problem),
      h("p.panel-actions", send),
    );
    if (!element.contains(document.activeElement)) element.focus();
    this.askDays();
  }

  option({ label, value }, index) {
    const more = [this.dayText(value), this.about(value)].filter(Boolean).join(" · ");
    return row({ number: index + 1, label, more, chosen: value === this.when.value, onclick: () => this.pick(index) });
  }

  // Browsers know the days of some languages only; the server has the words of all of ours.
  dayText(value) {
    const weekday = this.texts.weekdays[(new Date(`${value}Z`).getUTCDay() + 6) % 7];
    return `${weekday} ${value.slice(8, 10)}.${value.slice(5, 7)} ${value.slice(11, 16)}`;
  }

  pick(index) {
    if (!this.choices[index]) return;
    this.when.value = this.choices[index].value;
    this.redraw();
  }

  redraw() {
    const focused = document.activeElement;
    this.show(this.element);
    if (this.element.contains(focused)) focused.focus();
  }

  // What the server knows about the days that are offered; without a connection nothing, and nothing is warned of.
  async askDays() {
    const offered = [...this.choices.map(({ value }) => value), this.when.value];
    const days = new Set(offered.map((value) => value.slice(0, 10)));
    const unknown = [...days].filter((day) => day && !this.days.has(day));
    if (!unknown.length) return;
    for (const day of unknown) this.days.set(day, []);
    for (const day of unknown) this.days.set(day, await this.slots(day));
    if (this.element.dataset.panel === this.name) this.redraw();
  }

  slots(day) {
    const url = `${this.call.urls.slots}?day=${day}&time_zone=${encodeURIComponent(this.zone)}`;
    return get(url).catch((error) => {
      if (error instanceof Unreachable || error instanceof Refused) return [];
      throw error;
    });
  }

  about(value) {
    const slot = this.days.get(value.slice(0, 10))?.filter(({ starts_at }) => starts_at.slice(0, 16) <= value).at(-1);
    const words = [];
    if (slot?.taken) words.push(say(this.texts.slot_taken, { count: slot.taken }));
    if (slot && !slot.in_hours) words.push(this.texts.outside_hours);
    return words.join(" · ");
  }

  async send() {
    if (this.sending || !this.when.value) return;
    this.sending = true;
    const note = this.note.value;
    const hard = this.agreed.checked;
    const appointment = { starts_at: this.when.value, time_zone: this.zone, minutes: 60, hard, note };
    const outcome = { disposition: this.outcome.code, note, appointment };
    this.problem = await this.record(outcome).finally(() => (this.sending = false));
    if (this.problem) this.redraw();
  }

  key({ name, digit, target }, element) {
    this.element = element;
    const inField = target?.matches?.("input, select");
    if (name === "Escape") this.cancel();
    else if (name === "Enter") this.send();
    else if (digit && !inField) this.pick(digit - 1);
    else return false;
    return true;
  }
}

function quickChoices(now, texts) {
  const at = (days, hour) => {
    const moment = new Date(now);
    moment.setUTCDate(moment.getUTCDate() + days);
    moment.setUTCHours(hour, 0, 0, 0);
    return moment;
  };
  const later = (minutes) => {
    const moment = new Date(now.getTime() + minutes * 60000);
    moment.setUTCMinutes(Math.ceil(moment.getUTCMinutes() / 15) * 15, 0, 0);
    return moment;
  };
  const offered = [
    [texts.in_half_an_hour, later(30)],
    [texts.in_an_hour, later(60)],
    [texts.in_two_hours, later(120)],
    [texts.this_evening, at(0, 19)],
    [texts.tomorrow_morning, at(1, 10)],
    [texts.tomorrow_afternoon, at(1, 14)],
    [texts.tomorrow_evening, at(1, 19)],
  ];
  return offered
    .filter(([, moment]) => moment > now)
    .map(([label, moment]) => ({ label, value: moment.toISOString().slice(0, 16) }));
}
