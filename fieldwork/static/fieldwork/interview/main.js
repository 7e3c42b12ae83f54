// The interview screen: joins the call, the conversation and the keyboard. The server's part is described in docs/interviewer.md; the design rule is that
// nothing between two questions waits for the network.

import { loadScript } from "../../questionnaires/engine/flow.js";
import { get, post, Refused, Unreachable } from "./api.js";
import { Conversation } from "./conversation.js";
import { $, fill, h, key, minutes, say } from "./dom.js";
import { Entry } from "./entry.js";
import { Journal } from "./journal.js";
import { AppointmentPanel, DialPanel, KeysPanel, NotePanel, NoticePanel, OutcomePanel } from "./panels.js";
import { QuestionView } from "./question.js";
import { Side } from "./side.js";
import { NoStore, openStore } from "./store.js";

const LEASE_MS = 60_000;

class Screen {
  constructor(call, texts) {
    Object.assign(this, { call, texts });
    this.practice = Boolean(call.practice);
    this.main = $("stage");
    this.side = new Side($("side"), { call, texts, jump: (item) => this.act(() => this.conversation?.jump(item)) });
    this.view = new QuestionView(this.main, texts, { onChoose: (code) => this.choose(code), onInput: (text) => this.input(text) });
    this.dial = new DialPanel({ call, texts, begin: (language) => this.begin(language) });
    this.outcome = new OutcomePanel({ call, texts, record: (outcome) => this.record(outcome), makeAppointment: (outcome, note) => this.appoint(outcome, note), cancel: () => this.resume() });
    this.appointment = new AppointmentPanel({ call, texts, record: (outcome) => this.record(outcome), cancel: () => this.resume(), now: () => this.serverNow() });
    this.noteView = new NotePanel({ texts, add: (text) => this.conversation.note(text), close: () => this.resume() });
    this.keysView = new KeysPanel({ texts, keys: () => this.keys(), close: () => this.resume() });
    this.panel = this.dial;
    this.queue = [];
    this.problems = [];
    this.skew = Date.parse(call.server_time) - Date.now();
  }

  async start() {
    document.addEventListener("keydown", (event) => this.keydown(event));
    setInterval(() => this.tick(), 1000);
    if (!this.practice) setInterval(() => this.renewLease(), LEASE_MS);
    addEventListener("beforeunload", (event) => {
      if (this.journal?.unsent) event.preventDefault();
    });
    // A reload in the middle of the conversation goes on where it was; a new sitting begins with dialling.
    if (this.call.interview?.in_this_call || this.practice) await this.begin(this.call.interview?.language ?? this.call.language);
    else this.show();
  }

  serverNow() {
    return new Date(Date.now() + this.skew);
  }

  // --- beginning -----------------------------------------------------------------------------------------------------------------

  async begin(language) {
    fill(this.main, h("p.muted", this.texts.loading));
    try {
      const interview = this.practice ? this.call.interview : await post(this.call.urls.interview, { language });
      const script = loadScript(this.call.script ?? (await get(interview.script.url)));
      await this.open(interview, script);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      this.fail(error instanceof Refused ? error.message : this.texts.no_server_to_begin);
    }
  }

  async open(interview, script) {
    const store = this.practice ? new NoStore() : await openStore();
    this.journal = new Journal({
      store,
      interview: interview.uid,
      url: interview.urls?.journal,
      epoch: interview.epoch,
      acknowledged: interview.last_seq,
      clock: () => this.elapsed(),
      practice: this.practice,
    });
    const unsent = await this.journal.recover();
    this.conversation = new Conversation({ interview, script, journal: this.journal, practice: this.practice });
    this.conversation.replay(unsent);
    this.startClock(interview, unsent.at(-1));
    this.announce(interview);
    this.journal.addEventListener("changed", () => this.status());
    this.journal.addEventListener("stopped", ({ detail }) => this.stopped(detail));
    this.journal.addEventListener("refusals", ({ detail }) => this.refused(detail));
    this.conversation.addEventListener("changed", () => this.show());
    this.panel = null;
    this.journal.send();
    this.conversation.pass();
    this.show();
  }

  // The clock goes on from the last entry; time that passed while this very sitting was reloaded counts.
  startClock(interview, lastUnsent) {
    const kept = lastUnsent ? lastUnsent.elapsed_ms + Math.max(0, Date.now() - Date.parse(lastUnsent.at)) : 0;
    const base = Math.max(interview.elapsed_ms, kept);
    const began = performance.now();
    this.elapsed = () => base + performance.now() - began;
  }

  // Another tab of this browser learns at once that this one has taken over; one elsewhere learns it from the server.
  announce({ uid, epoch }) {
    if (this.practice) return;
    const channel = new BroadcastChannel("dala-interview");
    channel.onmessage = ({ data }) => {
      if (data.uid === uid && data.epoch > epoch) this.stopped(new Refused(409, { code: "taken_over", message: this.texts.taken_over }));
    };
    channel.postMessage({ uid, epoch });
  }

  // --- what is shown ---------------------------------------------------------------------------------------------------------------

  show() {
    this.status();
    this.side.show(this.conversation);
    this.footer();
    const panel = this.panel ?? this.notice();
    if (panel) {
      this.shownKey = null;
      delete this.main.dataset.item;
      this.main.dataset.panel = panel.constructor.name;
      panel.show(this.main);
      return;
    }
    delete this.main.dataset.panel;
    const { conversation } = this;
    if (this.shownKey !== conversation.step.key || this.shownLanguage !== conversation.language) {
      const typed = this.shownKey === conversation.step.key ? this.entry : null;
      this.entry = new Entry(conversation.state, conversation.step);
      // A change of language keeps what was typed.
      if (typed) Object.assign(this.entry, { typed: typed.typed, marked: typed.marked });
      this.shownKey = conversation.step.key;
      this.shownLanguage = conversation.language;
    }
    this.view.show(conversation, this.entry, this.problems);
  }

  // States in which there is no question to ask.
  notice() {
    const { conversation, texts } = this;
    if (!conversation) return null;
    if (conversation.closed) return this.closedNotice(conversation.closed);
    if (conversation.waiting) {
      const text = this.journal.connected ? texts.checking : texts.waiting_for_server;
      return new NoticePanel({ title: conversation.waiting === "complete" ? texts.finishing : texts.checkpoint, text, tone: this.journal.connected ? "info" : "warn" });
    }
    if (!conversation.atEnd) return null;
    if (this.practice) return new NoticePanel({ title: texts.end, text: texts.practice_end, tone: "good", action: texts.leave, run: () => this.leave(this.call.urls.ready), back: () => this.back() });
    return new NoticePanel({ title: texts.end, text: texts.end_text, tone: "good", action: texts.finish, run: () => this.finish(), back: () => this.back() });
  }

  closedNotice(decision) {
    return new NoticePanel({
      title: this.texts.quota_full,
      text: decision.message || this.texts.quota_full_text,
      tone: "warn",
      action: this.texts.next_case,
      run: () => this.finish(),
    });
  }

  status() {
    const { journal, texts } = this;
    const element = $("saved");
    const [words, tone] = this.savedWords(journal, texts);
    element.textContent = words;
    element.className = `saved ${tone}`;
    element.dataset.unsent = journal?.unsent ?? 0;
    $("language").textContent = this.conversation ? this.languageName(this.conversation.language) : "";
  }

  savedWords(journal, texts) {
    if (this.practice) return [texts.practice, "warn"];
    if (!journal) return ["", ""];
    if (journal.stopped) return [texts.read_only, "bad"];
    if (journal.diskError) return [texts.disk_error, "bad"];
    if (!journal.unsent) return [texts.saved, "good"];
    if (journal.connected) return [say(texts.unsent, { count: journal.unsent }), "info"];
    return [say(texts.no_connection, { count: journal.unsent }), "warn"];
  }

  tick() {
    if (this.elapsed) $("timer").textContent = minutes(this.elapsed());
    const zone = this.call.respondent_time_zones[0];
    $("clock").textContent = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, timeStyle: "short" }).format(this.serverNow());
  }

  footer() {
    const hints = this.panel ? [[["Esc"], this.texts.key_cancel]] : this.keys().slice(0, 9);
    fill($("keys"), hints.map(([names, words]) => h("span", names.map(key), " ", words)));
  }

  keys() {
    const { texts, call, conversation } = this;
    const languages = conversation ? call.languages.map(({ name }, index) => [[`Ctrl+${index + 1}`], name]) : [];
    return [
      [["Enter"], texts.key_next],
      [["PgUp"], texts.key_back],
      [["F8"], texts.key_dk],
      [["F9"], texts.key_refused],
      ...languages,
      [["F6"], texts.key_appointment],
      [["F7"], texts.key_outcome],
      [["F4"], texts.key_note],
      [["F1"], texts.key_help],
      [["0–9"], texts.key_digits],
      [["Space"], texts.key_space],
      [["Shift+Enter"], texts.key_back],
      [["Ctrl+Enter"], texts.key_new_line],
      [["Ctrl+End"], texts.key_first_unanswered],
      [["Alt+1…3"], texts.key_side],
      [["Esc"], texts.key_cancel],
    ];
  }

  languageName(code) {
    return this.call.languages.find((language) => language.code === code)?.name ?? code;
  }

  // --- keys ------------------------------------------------------------------------------------------------------------------------

  // Keys that are pressed while an act is being kept wait for it, so that fast typing is never lost and never falls onto the wrong question.
  keydown(event) {
    if (event.isComposing || event.metaKey) return;
    if (this.busy) {
      if (event.key.length === 1 || ["Enter", "PageUp", "Backspace", "F8", "F9"].includes(event.key)) {
        this.queue.push(event);
        event.preventDefault();
      }
      return;
    }
    if (this.handle(event)) event.preventDefault();
  }

  async act(run) {
    this.busy = true;
    try {
      await run();
    } finally {
      this.busy = false;
      this.drain();
    }
  }

  drain() {
    while (this.queue.length && !this.busy) {
      const event = this.queue.shift();
      if (!this.handle(event) && event.key.length === 1 && this.view.field) this.insert(event.key);
    }
  }

  insert(character) {
    this.view.field.value += character;
    this.input(this.view.field.value);
  }

  handle(event) {
    const panel = this.panel ?? this.notice();
    if (panel === this.keysView || panel === this.noteView || panel === this.appointment || panel === this.outcome) return panel.key(event, this.main);
    if (this.everywhere(event)) return true;
    if (panel) return panel.key(event, this.main);
    return this.onQuestion(event);
  }

  everywhere(event) {
    if (event.altKey && /^[1-3]$/.test(event.key)) return this.side.openNumber(Number(event.key));
    if (event.ctrlKey && this.conversation && this.call.languages[event.key - 1]) {
      this.act(() => this.conversation.speak(this.call.languages[event.key - 1].code));
      return true;
    }
    const panels = { F1: () => this.openPanel(this.keysView), F4: () => this.conversation && this.openPanel(this.noteView), F6: () => this.appoint(), F7: () => this.openOutcome() };
    if (!panels[event.key]) return false;
    panels[event.key]();
    return true;
  }

  onQuestion(event) {
    const inField = event.target === this.view.field || (this.view.field && this.queue.length > 0);
    if (event.key === "Enter") return this.enter(event);
    if (event.key === "PageUp") return this.back();
    if (event.key === "PageDown") return this.next();
    if (event.ctrlKey && event.key === "End") return this.jumpToOpen();
    if (event.key === "F8") return this.take("dk");
    if (event.key === "F9") return this.take("refused");
    if (event.key === "F10") return this.take("na");
    if (event.ctrlKey || event.altKey || inField) return false;
    if (event.key === " ") return this.changed(this.entry.commit());
    if (event.key === "Backspace") return this.changed(this.entry.erase() ?? true);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return this.arrow(event.key === "ArrowDown" ? 1 : -1);
    if (event.key.length === 1) return this.typed(event.key);
    return false;
  }

  enter(event) {
    if (event.ctrlKey && event.target === this.view.field) {
      this.insert("\n");
      return true;
    }
    return event.shiftKey ? this.back() : this.next();
  }

  changed(happened) {
    if (happened) {
      this.problems = [];
      this.view.show(this.conversation, this.entry, this.problems);
    }
    return true;
  }

  typed(character) {
    if (this.entry.type(character)) return this.changed(true);
    if (!this.entry.chooses || !/\d/.test(character)) return false;
    this.problems = ["unknown_option"];
    this.show();
    return true;
  }

  arrow(by) {
    const { codes } = this.entry;
    if (!codes.length || this.entry.several) return false;
    const at = codes.indexOf([...this.entry.marked][0]);
    this.entry.choose(codes[(at + by + codes.length) % codes.length]);
    return this.changed(true);
  }

  choose(code) {
    if (this.busy) return;
    this.entry.choose(code);
    this.changed(true);
  }

  input(text) {
    this.entry.typed = text;
    this.entry.marked.clear();
  }

  take(kind) {
    if (!this.entry.takeMissing(kind)) {
      this.problems = ["missing_not_allowed"];
      this.show();
      return true;
    }
    return this.next();
  }

  next() {
    this.act(async () => {
      this.entry.commit();
      const { endsWith } = this.conversation;
      const { answer } = this.entry;
      this.problems = this.conversation.check(answer);
      if (this.problems.length) {
        this.show();
        return;
      }
      this.problems = [];
      this.shownKey = null;
      const refusal = await this.conversation.answer(answer);
      if (refusal) {
        this.problems = refusal.problems.length ? refusal.problems : [refusal.code];
        this.show();
      } else if (endsWith) await this.finishNow();
    });
    return true;
  }

  back() {
    this.act(async () => {
      this.problems = [];
      this.shownKey = null;
      await this.conversation.back();
      this.show();
    });
    return true;
  }

  jumpToOpen() {
    this.act(async () => {
      this.shownKey = null;
      await this.conversation.jump();
      this.show();
    });
    return true;
  }

  // --- panels ----------------------------------------------------------------------------------------------------------------------

  openPanel(panel) {
    if (this.journal?.stopped && panel !== this.keysView) return;
    this.panel = panel;
    this.show();
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
    return contact.find(({ needs_appointment }) => needs_appointment) ?? contact.find(({ takes_appointment }) => takes_appointment);
  }

  resume() {
    this.panel = this.conversation ? null : this.dial;
    this.shownKey = this.conversation ? this.shownKey : null;
    this.show();
  }

  fail(message) {
    this.panel = this.dial;
    this.show();
    this.main.prepend(h("p.strip.bad", { role: "alert" }, message));
  }

  // --- ending ----------------------------------------------------------------------------------------------------------------------

  async finishNow() {
    if (this.practice) return;
    const problem = await this.finish();
    if (problem) {
      this.panel = new NoticePanel({ title: this.texts.end, text: this.texts.end_text, action: this.texts.finish, run: () => this.finish(), back: () => this.resume() });
      this.panel.problem = problem;
      this.show();
    }
  }

  async finish() {
    return this.leaving(async () => (await this.conversation.complete()).next_url);
  }

  async record(outcome) {
    return this.leaving(async () => {
      if (this.journal) {
        await this.journal.send();
        if (this.journal.unsent && !this.journal.stopped) throw new Unreachable();
      }
      return (await post(this.call.urls.outcome, { appointment: null, ...outcome })).next_url;
    });
  }

  // Runs the last request of a call; gives the problem in words, or goes on to the next page.
  async leaving(run) {
    try {
      this.leave(await run());
      return "";
    } catch (error) {
      if (error instanceof Unreachable) return this.texts.no_server;
      if (!(error instanceof Refused)) throw error;
      const fields = Object.values(error.fields).flat().map(String);
      return [error.message, ...fields.filter((text) => text !== error.message)].join(" ");
    }
  }

  leave(url) {
    this.leavingNow = true;
    location.assign(url);
  }

  async renewLease() {
    try {
      await post(this.call.urls.lease);
    } catch (error) {
      if (error instanceof Refused) this.stopped(error);
    }
  }

  stopped(error) {
    if (this.leavingNow) return;
    if (this.journal && !this.journal.stopped) this.journal.stopped = error;
    const title = error.code === "taken_over" ? this.texts.taken_over_title : this.texts.stopped_title;
    this.panel = new NoticePanel({ title, text: error.message, tone: "bad", action: this.texts.to_ready, run: () => this.leave(this.call.urls.ready) });
    this.show();
  }

  refused(refusals) {
    $("alerts").replaceChildren(...refusals.map((refusal) => h("p.strip.bad", { role: "alert" }, `${refusal.seq}: ${refusal.message}`)));
  }
}

const read = (id) => JSON.parse($(id).textContent);
const screen = new Screen(read("call"), read("texts"));
await screen.start();
document.body.dataset.ready = "true";
