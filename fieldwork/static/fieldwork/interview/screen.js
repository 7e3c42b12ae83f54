// The screen of one call: joins the call, the conversation and the keyboard. The design rule is that nothing between
// two questions waits for the network.

import { loadScript } from "../../questionnaires/engine/flow.js";
import { AppointmentPanel } from "./appointment.js";
import { get, link, LoggedOut, post, Refused, Unreachable } from "./api.js";
import { DialPanel } from "./dial.js";
import { $, fill, h, key, say } from "./dom.js";
import { Entry } from "./entry.js";
import { Head } from "./head.js";
import { allKeys, questionKeys } from "./hints.js";
import { Keyboard } from "./keyboard.js";
import { sendLeftovers } from "./leftovers.js";
import { noticeWords, stoppedWords } from "./notices.js";
import { OutcomePanel } from "./outcome.js";
import { KeysPanel, NotePanel, NoticePanel } from "./panels.js";
import { QuestionView } from "./question.js";
import { Side } from "./side.js";
import { announceSitting, openSitting } from "./sitting.js";
import { NoStore, openStore } from "./store.js";

const LEASE_MS = 60_000;
const DRAFT_MS = 300;

export class Screen {
  constructor(call, texts) {
    Object.assign(this, { call, texts, practice: Boolean(call.practice), problems: [] });
    this.main = $("stage");
    this.skew = Date.parse(call.server_time) - Date.now();
    this.head = new Head({ call, texts, now: () => this.serverNow() });
    const jump = (item) => this.go((conversation) => conversation.jump(item));
    this.side = new Side($("side"), { call, texts, jump });
    this.view = new QuestionView(this.main, texts, {
      onChoose: (code) => this.choose(code),
      onInput: (text) => this.input(text),
    });
    this.keyboard = new Keyboard((press, repeated) => this.handle(press, repeated));
    this.makePanels(call, texts);
    this.panel = this.dial;
  }

  makePanels(call, texts) {
    const cancel = () => this.closePanel();
    const record = (outcome) => this.record(outcome);
    const makeAppointment = (outcome, note) => this.appoint(outcome, note);
    this.dial = new DialPanel({ call, texts, begin: (language) => this.begin(language) });
    this.outcome = new OutcomePanel({ call, texts, record, makeAppointment, cancel });
    this.appointment = new AppointmentPanel({ call, texts, record, cancel, now: () => this.serverNow() });
    this.notePanel = new NotePanel({ texts, keep: (text) => this.keepNote(text), cancel });
    this.keysPanel = new KeysPanel({ texts, keys: allKeys({ call, texts, practice: this.practice }), close: cancel });
    this.outcome.onChange = () => this.footer(this.outcome);
  }

  async start() {
    link.addEventListener("changed", () => this.status());
    this.tick();
    setInterval(() => this.tick(), 1000);
    addEventListener("beforeunload", (event) => {
      if (this.journal?.unsent && !this.journal.stopped) event.preventDefault();
    });
    this.store = this.practice ? new NoStore() : await openStore();
    if (!this.practice) {
      setInterval(() => this.renewLease(), LEASE_MS);
      this.sendLeftovers();
    }
    // A reload in the middle of the conversation goes on where it was; a new sitting begins with dialling.
    if (this.practice || this.call.interview?.in_this_call) await this.begin("");
    else this.show();
  }

  serverNow() {
    return new Date(Date.now() + this.skew);
  }

  // --- beginning -----------------------------------------------------------------------------------------------------

  // In `language`; the empty one is that in which the interview stands.
  async begin(language) {
    fill(this.main, h("p.muted", this.texts.loading));
    try {
      const { call } = this;
      const wanted = language || call.interview?.language || call.language;
      const interview = this.practice ? call.interview : await post(call.urls.interview, { language: wanted });
      const script = loadScript(call.script ?? (await get(interview.script.url)));
      await this.open(interview, script);
      // Whoever had no time in an earlier call is asked again.
      if (!call.interview?.in_this_call && this.callsAgain()) await this.act(() => this.conversation.back());
      if (language && language !== this.conversation.language) await this.act(() => this.conversation.speak(language));
    } catch (error) {
      if (error instanceof LoggedOut) this.fail(this.texts.log_in_to_begin);
      else if (error instanceof Unreachable) this.fail(this.texts.no_server_to_begin);
      else if (error instanceof Refused) this.fail(error.message);
      else throw error;
    }
  }

  async open(interview, script) {
    const { call, store, practice, texts } = this;
    Object.assign(this, await openSitting({ call, interview, script, store, practice }));
    if (!practice) announceSitting(interview, texts, (error) => this.passOn(error));
    this.journal.addEventListener("changed", () => this.status());
    this.journal.addEventListener("stopped", ({ detail }) => this.stopped(detail));
    this.journal.addEventListener("refusals", ({ detail }) => this.refused(detail));
    this.conversation.addEventListener("changed", () => this.show());
    this.panel = null;
    this.journal.send();
    this.show();
    this.conversation.pass();
  }

  // Another tab of this browser goes on; what is not sent yet, it finds in the store.
  passOn(error) {
    this.passedOn = true;
    this.journal.stop(error);
  }

  async sendLeftovers() {
    const refused = await sendLeftovers(this.store, this.call.interview?.uid).catch(() => []);
    for (const { message, entries } of refused.filter((one) => one.entries.length)) {
      this.alert(say(this.texts.leftovers_refused, { count: entries.length, message }));
    }
  }

  // --- what is shown -------------------------------------------------------------------------------------------------

  show() {
    const panel = this.panel ?? this.notice();
    if (panel) {
      delete this.main.dataset.item;
      this.main.dataset.panel = panel.name;
      panel.show(this.main);
    } else {
      delete this.main.dataset.panel;
      this.showQuestion();
    }
    this.status();
    this.footer(panel);
    // The question is seen first; what stands around it follows in the next moment.
    cancelAnimationFrame(this.around);
    if (document.hidden) this.showAround();
    else this.around = requestAnimationFrame(() => setTimeout(() => this.showAround()));
  }

  showAround() {
    this.head.about(this.conversation);
    this.side.show(this.conversation);
  }

  showQuestion() {
    const { conversation } = this;
    const { key: shown } = conversation.step;
    if (this.shownKey !== shown || this.shownLanguage !== conversation.language) {
      const draft = this.shownKey === shown ? this.entry.draft : this.draft;
      this.entry = new Entry(conversation.state, conversation.step);
      if (draft?.key === shown) this.entry.take(draft);
      this.draft = null;
      this.shownKey = shown;
      this.shownLanguage = conversation.language;
    }
    this.view.show(conversation, this.entry, this.problems);
  }

  // States in which there is no question to ask. The same state keeps its panel, with what it has to say.
  notice() {
    const words = this.noticeWords();
    if (words?.state !== this.noticeState) {
      this.noticeState = words?.state;
      this.noticePanel = words ? new NoticePanel(words) : null;
    }
    return this.noticePanel;
  }

  noticeWords() {
    const { conversation, texts, practice } = this;
    const leave = () => this.leave(this.call.urls.ready);
    return noticeWords({ conversation, texts, practice, finish: () => this.finish(), back: () => this.back(), leave });
  }

  status() {
    this.head.status(this.journal);
    if (this.noticePanel && !this.panel && this.noticeState !== this.noticeWords()?.state) this.show();
  }

  tick() {
    this.head.tick(this.elapsed?.());
    this.status();
  }

  footer(panel) {
    const { call, texts, entry, practice } = this;
    const hints = panel ? panel.hints : questionKeys({ call, texts, entry, practice });
    const shown = hints.map(([names, words]) => h("span", names.map(key), " ", words));
    fill($("keys"), shown, h("span.key-help", key("F1"), " ", texts.key_help));
  }

  alert(words) {
    $("alerts").append(h("p.strip.bad", { role: "alert" }, words));
  }

  // --- keys ----------------------------------------------------------------------------------------------------------

  handle(press, repeated) {
    const panel = this.panel ?? this.notice();
    if (panel?.takesAllKeys) return panel.key(press, this.main);
    if (this.everywhere(press)) return true;
    return panel ? panel.key(press, this.main) : this.onQuestion(press, repeated);
  }

  everywhere({ name }) {
    const [, modifier, digit] = /^(Ctrl|Alt)\+(\d)$/.exec(name) ?? [];
    if (modifier === "Alt") return this.side.openNumber(Number(digit));
    const language = modifier && this.conversation && this.call.languages[digit - 1];
    if (language) return this.go((conversation) => conversation.speak(language.code), { keepsEntry: true });
    const panels = {
      F1: () => this.openPanel(this.keysPanel),
      F4: () => this.openNote(),
      F6: () => this.appoint(),
      F7: () => this.openOutcome(),
    };
    if (!panels[name]) return false;
    panels[name]();
    return true;
  }

  onQuestion(press, repeated) {
    const ways = {
      Enter: () => this.next(),
      PageDown: () => this.next(),
      "Shift+Enter": () => this.back(),
      PageUp: () => this.back(),
      "Ctrl+End": () => this.go((conversation) => conversation.jump()),
      F8: () => this.takeMissing("dk"),
      F9: () => this.takeMissing("refused"),
      F10: () => this.takeMissing("na"),
    };
    if (press.name === "Enter" && isOn(press.target, "a, button")) return false;
    if (ways[press.name]) return ways[press.name]();
    return this.view.field ? this.onField(press, repeated) : this.onCodes(press, repeated);
  }

  // A field takes its letters by itself; what it would not get, it is given here.
  onField({ name, text, digit, target }, repeated) {
    if (name === "Ctrl+Enter" && this.entry.item.type === "text") return this.insert("\n");
    const elsewhere = target !== this.view.field;
    if (elsewhere && isOn(target, "input, select, textarea")) return false;
    if (this.entry.typesDigits && text !== digit && digit && !repeated) return this.insert(digit);
    if (!elsewhere) return false;
    if (name === "Backspace") return this.insert("", 1);
    return text ? this.insert(text) : false;
  }

  onCodes({ name, text, digit }, repeated) {
    const { entry } = this;
    if (name === "Backspace") return this.changed(entry.erase());
    if (name === "ArrowDown" || name === "ArrowUp") return this.arrow(name === "ArrowDown" ? 1 : -1);
    if (repeated || !text || !entry.chooses) return false;
    if (text === " ") return this.changed(entry.commit());
    if (entry.type(text) || entry.type(digit) || entry.seek(text)) return this.changed();
    if (!digit) return false;
    this.problems = ["unknown_option"];
    this.show();
    return true;
  }

  changed() {
    this.problems = [];
    this.view.show(this.conversation, this.entry, this.problems);
    this.keepDraft();
    return true;
  }

  insert(text, erased = 0) {
    this.view.insert(text, erased);
    return true;
  }

  arrow(by) {
    const { codes, several, marked } = this.entry;
    if (!codes.length || several) return false;
    const at = codes.indexOf([...marked][0]);
    this.entry.choose(codes[at < 0 ? (by > 0 ? 0 : codes.length - 1) : (at + by + codes.length) % codes.length]);
    return this.changed();
  }

  choose(code) {
    if (this.keyboard.holds) return;
    this.entry.choose(code);
    this.changed();
  }

  input(text) {
    this.entry.typed = text;
    this.entry.marked.clear();
    this.keepDraft();
  }

  // What is typed and not yet entered survives a reload too.
  keepDraft() {
    clearTimeout(this.drafting);
    const { entry, journal } = this;
    this.drafting = setTimeout(() => {
      this.store.keepDraft({ interview: journal.interview, ...entry.draft }).catch(() => {});
    }, DRAFT_MS);
  }

  takeMissing(kind) {
    if (this.entry.takeMissing(kind)) return this.next();
    this.problems = ["missing_not_allowed"];
    this.show();
    return true;
  }

  // --- moving --------------------------------------------------------------------------------------------------------

  // Keys wait while the act is being kept, and until the server has decided at a checkpoint.
  async act(run) {
    clearTimeout(this.drafting);
    await this.keyboard.hold(async () => {
      await run();
      if (this.panel ?? this.notice()) this.keyboard.forget();
    });
  }

  // Goes where `move` leads, if it can.
  go(move, { keepsEntry = false } = {}) {
    if (!this.conversation || this.conversation.checkpoints.closed) return true;
    this.act(async () => {
      this.problems = [];
      if (!keepsEntry) this.shownKey = null;
      const refusal = await move(this.conversation);
      if (refusal) this.refuse(refusal);
    });
    return true;
  }

  back() {
    return this.go((conversation) => conversation.back());
  }

  next() {
    const { conversation } = this;
    const later = this.callsAgain();
    if (later) {
      this.appoint(later);
      return true;
    }
    this.act(async () => {
      this.entry.finish();
      const { endsWith } = conversation;
      const { answer } = this.entry;
      this.problems = conversation.check(answer);
      if (this.problems.length) {
        this.refuse({ problems: this.problems });
        return;
      }
      this.shownKey = null;
      const refusal = await conversation.answer(answer);
      if (refusal) this.refuse(refusal);
      else if (endsWith) this.finishNow();
      else await conversation.pass();
    });
    return true;
  }

  // The question stays; what was typed ahead was meant for the next one.
  refuse({ code, problems = [] }) {
    this.keyboard.rest();
    this.problems = problems.length ? problems : [code];
    this.shownKey = this.conversation.step?.key ?? null;
    this.show();
  }

  // --- panels --------------------------------------------------------------------------------------------------------

  openPanel(panel) {
    if (this.journal?.stopped && panel !== this.keysPanel) return;
    this.keyboard.forget();
    this.before = this.panel?.takesAllKeys ? this.before : this.panel;
    this.panel = panel;
    this.show();
  }

  closePanel() {
    this.panel = this.before ?? null;
    this.show();
  }

  openNote() {
    if (this.conversation && !this.practice) this.openPanel(this.notePanel);
  }

  keepNote(text) {
    this.act(async () => {
      if (text) await this.conversation.note(text);
      this.closePanel();
    });
  }

  openOutcome() {
    if (this.practice) return;
    this.outcome.reset();
    this.openPanel(this.outcome);
  }

  appoint(outcome = null, note = "") {
    if (this.practice) return;
    this.appointment.open(outcome ?? this.appointmentOutcome(), note);
    this.openPanel(this.appointment);
  }

  // What an appointment is recorded as where the interviewer has not chosen an outcome.
  appointmentOutcome() {
    const { contact } = this.call.dispositions;
    return contact.find((one) => one.needs_appointment) ?? contact.find((one) => one.takes_appointment);
  }

  // The outcome of a note that ends the call, where a time for the next one has been agreed or can be.
  callsAgain() {
    if (this.practice) return null;
    const { endsWith } = this.conversation;
    return this.call.dispositions.contact.find((one) => one.code === endsWith && one.takes_appointment) ?? null;
  }

  fail(message) {
    this.panel = this.dial;
    this.dial.problem = message;
    this.show();
  }

  // --- ending --------------------------------------------------------------------------------------------------------

  // A note that ends the interview ends it at once; where the server says no, the end waits for another try.
  async finishNow() {
    const problem = this.practice ? "" : await this.finish();
    if (!problem) return;
    this.notice().problem = problem;
    this.show();
  }

  finish() {
    return this.leaving(async () => (await this.conversation.complete()).next_url);
  }

  record(outcome) {
    return this.leaving(async () => {
      if (this.journal && !this.journal.stopped) await this.journal.sent();
      return (await post(this.call.urls.outcome, { appointment: null, ...outcome })).next_url;
    });
  }

  // Runs the last request of a call; gives the problem in words, or goes on to the next page.
  async leaving(run) {
    try {
      const url = await run();
      if (this.journal) await this.store.drop(this.journal.interview).catch(() => {});
      this.leave(url);
      return "";
    } catch (error) {
      if (error instanceof LoggedOut) return this.texts.log_in_to_begin;
      if (error instanceof Unreachable) return this.texts.no_server;
      if (!(error instanceof Refused)) throw error;
      const fields = Object.values(error.fields).flat().map(String);
      return [error.message, ...fields.filter((text) => text !== error.message)].join(" ");
    }
  }

  leave(url) {
    this.leavingNow = true;
    location.assign(url);
    return "";
  }

  async renewLease() {
    try {
      const { server_time } = await post(this.call.urls.lease);
      this.skew = Date.parse(server_time) - Date.now();
    } catch (error) {
      if (error instanceof Refused) this.stopped(error);
      else if (!(error instanceof Unreachable)) throw error;
    }
  }

  stopped(error) {
    if (this.leavingNow) return;
    const { conversation, journal, passedOn, texts } = this;
    journal?.stop(error);
    const words = stoppedWords({ error, conversation, texts, entries: passedOn ? [] : (journal?.waiting ?? []) });
    this.panel = new NoticePanel({ ...words, run: () => this.leave(this.call.urls.ready) });
    this.show();
  }

  refused(refusals) {
    for (const { item, message } of refusals) this.alert(say(this.texts.entry_refused, { item: item ?? "", message }));
  }
}

// Keys that waited were pressed on what is not on the page any more.
const isOn = (target, selector) => Boolean(target?.isConnected && target.matches?.(selector));
