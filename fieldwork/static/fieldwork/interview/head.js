// The line above everything: how the interview stands. What does not change during a call is in the page itself.

import { link } from "./api.js";
import { $, fill, h, minutes, say } from "./dom.js";

// An answer is on the disk when the next question is shown; that it is on its way to the server is worth saying only
// when it takes long.
const OVERDUE_MS = 1500;

export class Head {
  constructor({ call, texts, now }) {
    Object.assign(this, { call, texts, now });
    const zones = call.respondent_time_zones;
    this.formats = zones.map((timeZone) => new Intl.DateTimeFormat("sv-SE", { timeZone, timeStyle: "short" }));
  }

  // Once a second.
  tick(elapsed) {
    $("timer").textContent = elapsed === undefined ? "" : minutes(elapsed);
    $("clock").textContent = this.clocks();
  }

  // Whenever the journal or the connection changes, and while something is overdue.
  status(journal) {
    const saved = $("saved");
    const [words, tone] = this.savedWords(journal);
    if (saved.title !== words) {
      saved.title = words;
      fill(saved, words, link.state === "logged_out" ? this.logIn() : null);
    }
    saved.className = `saved ${tone}`;
    saved.dataset.unsent = journal?.unsent ?? 0;
  }

  // In several zones whose clocks differ, all of them: the respondent may live in any.
  clocks() {
    const now = this.now();
    return [...new Set(this.formats.map((format) => format.format(now)))].join(" / ");
  }

  savedWords(journal) {
    const { texts } = this;
    const count = journal?.unsent ?? 0;
    if (this.call.practice) return [texts.practice, "warn"];
    if (journal?.stopped) return [texts.read_only, "bad"];
    if (journal?.diskError) return [texts.disk_error, "bad"];
    if (link.state === "logged_out") return [say(texts.logged_out, { count }), "warn"];
    if (link.state === "unreachable" && !count) return [texts.no_connection_saved, "warn"];
    if (link.state === "unreachable") return [say(texts.no_connection, { count }), "warn"];
    if (journal?.overdue > OVERDUE_MS) return [say(texts.unsent, { count }), "info"];
    return journal ? [texts.saved, "good"] : ["", ""];
  }

  logIn() {
    return [" ", h("a", { href: this.call.urls.login, target: "_blank" }, this.texts.log_in)];
  }

  about(conversation) {
    const { call, texts } = this;
    const language = call.languages.find(({ code }) => code === conversation?.language);
    $("language").textContent = language?.name ?? conversation?.language ?? "";
    const consent = conversation?.byRole("consent");
    $("consent").textContent = consent ? say(texts.consent, { answer: consent.words || texts.not_asked }) : "";
    $("progress").value = conversation?.percent ?? 0;
  }
}
