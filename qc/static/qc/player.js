// The listening page: sound, waveform, questions on the line of time, keys, and the seconds that were really heard.
//
// All recordings of an interview lie one after the other on one line of time, in milliseconds. One <audio> element plays the
// track that the playhead is on.

import { HeardTime } from "./heard.js";
import { Waveform } from "./waveform.js";

const place = document.querySelector("#player");
const data = JSON.parse(document.querySelector("#player-data").textContent);
const text = place.dataset;
const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const POSITION = `audit-position:${location.pathname}`;

if (data.tracks.length) startPlayer();
startSheet();

function startPlayer() {
  const audio = new Audio();
  audio.preload = "metadata";
  const heard = new HeardTime(data, send);
  const wave = new Waveform(document.querySelector("#wave"), data, { seek, labelOf });
  const clock = document.querySelector("#clock");
  const playWord = document.querySelector("#play-word");
  let track = -1;
  let wanted = null; // seconds in a track that is still being loaded
  let current = null; // the mark that the playhead is behind
  let undo = null;

  // --- place and motion ---

  function now() {
    return data.tracks[track].starts + Math.round((wanted ?? audio.currentTime) * 1000);
  }

  function seek(at) {
    const goal = Math.max(0, Math.min(at, data.total - 1));
    const index = data.tracks.findLastIndex((each) => each.starts <= goal);
    const seconds = (goal - data.tracks[index].starts) / 1000;
    heard.interrupt();
    if (index === track && audio.readyState > 0) {
      audio.currentTime = seconds;
    } else {
      const playing = track >= 0 && !audio.paused;
      wanted = seconds;
      if (index !== track) {
        const speed = audio.playbackRate;
        track = index;
        audio.src = data.tracks[index].url;
        audio.defaultPlaybackRate = audio.playbackRate = speed;
      }
      if (playing) audio.play();
    }
    show();
  }

  function toggle() {
    if (audio.paused) audio.play().catch(() => say(text.textNosound, true));
    else audio.pause();
  }

  function faster(steps) {
    const index = SPEEDS.indexOf(audio.playbackRate) + steps;
    audio.playbackRate = SPEEDS[Math.max(0, Math.min(index, SPEEDS.length - 1))];
    document.querySelector("#speed").textContent = `${audio.playbackRate.toLocaleString(document.documentElement.lang)}×`;
  }

  function question(step) {
    const at = now();
    // Going back within the first second of a question means the one before it.
    const marks = data.marks;
    const here = marks.findLastIndex((mark) => mark.at <= (step < 0 ? at - 1000 : at));
    const goal = step > 0 ? marks.find((mark) => mark.at > at) : marks[Math.max(0, here)];
    if (goal) seek(goal.at);
  }

  audio.addEventListener("loadedmetadata", () => {
    if (wanted !== null) audio.currentTime = wanted;
    wanted = null;
  });
  audio.addEventListener("play", () => {
    playWord.textContent = text.textPause;
    requestAnimationFrame(follow);
  });
  audio.addEventListener("pause", () => {
    playWord.textContent = text.textPlay;
    heard.interrupt();
    heard.flush();
    show();
  });
  audio.addEventListener("seeking", () => heard.interrupt());
  audio.addEventListener("seeked", show);
  audio.addEventListener("timeupdate", () => {
    if (!audio.paused && !audio.seeking) heard.pass(data.tracks[track].uid, audio.currentTime * 1000, audio.playbackRate);
    show();
  });
  audio.addEventListener("ended", () => {
    heard.interrupt();
    if (track + 1 < data.tracks.length) {
      seek(data.tracks[track + 1].starts);
      audio.play();
    }
  });
  audio.addEventListener("error", () => say(text.textNosound, true));

  function follow() {
    if (audio.paused) return;
    wave.place(now());
    requestAnimationFrame(follow);
  }

  function show() {
    const at = now();
    clock.textContent = time(at);
    wave.place(at);
    wave.element.setAttribute("aria-valuenow", at);
    wave.element.setAttribute("aria-valuetext", time(at));
    const mark = data.marks.findLast((each) => each.at <= at) ?? null;
    if (mark !== current) {
      current = mark;
      wave.point(mark);
      point(mark);
    }
    document.querySelector("#heard").textContent = `${Math.floor(100 * heard.share())}\u00a0%`;
    const little = document.querySelector("#little-heard");
    if (little) little.hidden = heard.share() >= 0.5;
  }

  // --- questions ---

  function rows() {
    return [...document.querySelectorAll("#questions .q")];
  }

  function rowOf(mark) {
    return mark && rows().find((row) => row.dataset.key === mark.key);
  }

  function labelOf(mark) {
    return rowOf(mark)?.querySelector(".q-text").textContent.trim() ?? "";
  }

  let lastScroll = 0;
  document.querySelector("#questions").addEventListener("wheel", () => (lastScroll = Date.now()), { passive: true });

  function point(mark) {
    for (const row of rows()) row.classList.toggle("current", row === rowOf(mark));
    // Who has just scrolled is reading somewhere else.
    if (Date.now() - lastScroll > 5000) rowOf(mark)?.scrollIntoView({ block: "nearest" });
  }

  document.querySelector("#questions").addEventListener("click", (event) => {
    if (event.target.closest("form, label, .q-otherwise") || getSelection().toString()) return;
    const row = event.target.closest(".q[data-at]");
    if (row) seek(markAt(row.dataset.key));
  });

  function markAt(key) {
    return data.marks.find((mark) => mark.key === key).at;
  }

  document.addEventListener("htmx:afterSwap", () => {
    point(current);
    wave.draw(hiddenKeys(), heard.stretches());
  });

  function hiddenKeys() {
    return new Set([...document.querySelectorAll("#questions .q[data-hidden]")].map((row) => row.dataset.key));
  }

  // --- marks that don't fit the sound ---

  function align() {
    const at = now();
    const mark = data.marks.findLast((each) => each.at <= at && each.track === track) ?? data.marks.find((each) => each.track === track);
    if (!mark || !data.offset_urls[data.tracks[track].uid]) return;
    const before = data.tracks[track].offset;
    undo = { track, offset: before };
    move(track, at - data.tracks[track].starts - mark.sitting, before);
  }

  async function move(index, offset, before) {
    const at = data.tracks[index];
    const answer = await post(data.offset_urls[at.uid], { interview_offset_ms: Math.round(offset) }, "PATCH");
    if (!answer.ok) return say((await answer.json()).message, true);
    const length = data.marks.map((mark) => mark.until - mark.at);
    data.marks.forEach((mark, number) => {
      if (mark.track !== index) return;
      const inside = Math.max(0, Math.min(offset + mark.sitting, at.duration));
      mark.at = at.starts + inside;
      mark.until = mark.at + length[number];
    });
    at.offset = offset;
    data.marks.sort((one, other) => one.at - other.at || one.number - other.number);
    for (const row of rows()) {
      const button = row.querySelector("[data-seek]");
      if (button) button.textContent = time(markAt(row.dataset.key));
    }
    current = undefined;
    wave.draw(hiddenKeys(), heard.stretches());
    show();
    const seconds = (offset - before) / 1000;
    say(text.textMoved.replace("%s", `${seconds > 0 ? "+" : ""}${seconds.toFixed(1)} s`), false, () => {
      const back = undo;
      undo = null;
      if (back) move(back.track, back.offset, offset);
    });
  }

  // --- telling the server ---

  async function send(uid, stretches, last) {
    if (!data.listening_url) return "drop";
    try {
      const answer = await post(data.listening_url, { recording: uid, stretches }, "POST", last);
      if (answer.ok) {
        if (failing) say("");
        failing = false;
        return "done";
      }
      if (answer.status === 409) {
        say(text.textLost, true);
        return "drop";
      }
      return answer.status < 500 ? "drop" : "keep";
    } catch {
      failing = true;
      say(text.textUnsaved, true);
      return "keep";
    }
  }
  let failing = false;

  setInterval(() => heard.flush(), 5000);
  addEventListener("pagehide", () => {
    heard.interrupt();
    heard.flush(true);
    sessionStorage.setItem(POSITION, String(now()));
  });
  document.addEventListener("visibilitychange", () => document.hidden && heard.flush(true));
  heard.onchange = () => wave.hear(heard.stretches());

  // --- keys ---

  const acts = {
    toggle,
    back: () => seek(now() - 5000),
    forward: () => seek(now() + 5000),
    little_back: () => seek(now() - 1000),
    little_forward: () => seek(now() + 1000),
    previous: () => question(-1),
    next: () => question(1),
    slower: () => faster(-1),
    faster: () => faster(1),
    align,
    enter: () => enter(rowOf(current)),
  };
  // By the place of the key, so that a Russian or Kazakh layout does the same.
  const KEYS = {
    KeyK: "toggle", Space: "toggle", KeyJ: "back", KeyL: "forward", ArrowLeft: "little_back", ArrowRight: "little_forward",
    KeyP: "previous", KeyN: "next", ArrowUp: "previous", ArrowDown: "next",
    Minus: "slower", NumpadSubtract: "slower", Equal: "faster", NumpadAdd: "faster", KeyM: "align", KeyE: "enter",
  };

  place.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act) acts[act]();
  });

  document.addEventListener("keydown", (event) => {
    const act = KEYS[event.code];
    if (!act || event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    // Space presses the button or box that has the focus, and arrows move within radio buttons.
    const control = event.target.closest("button, a, summary, input");
    if (control && (event.code === "Space" || event.code.startsWith("Arrow"))) return;
    event.preventDefault();
    acts[act]();
  });

  // --- first picture ---

  wave.draw(hiddenKeys(), heard.stretches());
  const first = Number(sessionStorage.getItem(POSITION)) || 0;
  seek(first < data.total ? first : 0);
}

// --- entering what was heard -------------------------------------------------------------------------------

/** Put the cursor into the form of the question; open it where the answer is not hidden. */
function enter(row) {
  const form = row?.querySelector(".q-entry");
  if (form) {
    form.querySelector("input:not([type=hidden]), button").focus();
    return;
  }
  row?.querySelector(".q-otherwise")?.click();
}

// In a list of options the code presses the option, or ticks it. Codes of several digits are waited for.
let typed = "";
document.addEventListener("keydown", (event) => {
  const form = event.target.closest(".q-entry");
  if (!form || isTyping(event) || !/^[0-9]$/.test(event.key)) return;
  // Not for the score sheet, even where the question has no codes.
  event.preventDefault();
  event.stopImmediatePropagation();
  const codes = [...form.querySelectorAll("[data-code]")];
  typed = codes.some((option) => option.dataset.code.startsWith(typed + event.key)) ? typed + event.key : event.key;
  const fitting = codes.filter((option) => option.dataset.code.startsWith(typed));
  const exact = fitting.find((option) => option.dataset.code === typed);
  fitting[0]?.focus();
  if (exact && fitting.length === 1) {
    typed = "";
    exact.click();
  }
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.target.querySelector?.(".q-entry");
  if (form && event.detail.requestConfig?.verb === "get") form.querySelector("input:not([type=hidden]), button").focus();
});

// --- the score sheet ---------------------------------------------------------------------------------------

function startSheet() {
  if (!document.querySelector("#verdict")) return;
  const sections = () => [...document.querySelectorAll("#verdict [data-section]")];
  const chosen = (section) => section.querySelector("input:checked");
  let here = null;

  function stand(section) {
    here = section?.querySelector("input").name ?? null;
    for (const each of sections()) each.classList.toggle("current", each === section);
  }

  function standing() {
    return sections().find((section) => section.querySelector("input").name === here);
  }

  function score() {
    const points = sections().map((section) => chosen(section)?.value).filter((value) => value && value !== "none").map(Number);
    const sum = points.reduce((all, each) => all + each, 0);
    document.querySelector("#score").textContent = points.length ? Math.round((100 * sum) / (2 * points.length)) : "–";
    const left = document.querySelectorAll("#questions .q[data-hidden]").length;
    document.querySelector("#blind-left").hidden = left === 0;
    document.querySelector("#blind-count").textContent = left;
  }

  function firstOpen() {
    stand(sections().find((section) => !chosen(section)) ?? null);
  }

  document.addEventListener("change", (event) => {
    if (!event.target.closest("#verdict")) return;
    if (event.target.closest("[data-section]")) firstOpen();
    score();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    if (event.code === "KeyV") {
      event.preventDefault();
      document.querySelector("#verdict [name=verdict]:checked, #verdict [name=verdict]").focus();
      return;
    }
    if (event.code === "Backspace") {
      event.preventDefault();
      const all = sections();
      const index = standing() ? all.indexOf(standing()) : all.length;
      stand(all[Math.max(0, index - 1)]);
      return;
    }
    const digit = /^(?:Digit|Numpad)([0129])$/.exec(event.code)?.[1];
    const input = digit && standing()?.querySelector(`input[data-digit="${digit}"]`);
    if (!input) return;
    event.preventDefault();
    input.checked = true;
    const all = sections();
    const after = all.slice(all.indexOf(standing()) + 1);
    stand(after.find((section) => !chosen(section)) ?? all.find((section) => !chosen(section)) ?? null);
    score();
  });

  document.addEventListener("htmx:afterSwap", () => {
    score();
    firstOpen();
  });
  score();
  firstOpen();
}

// --- small things ------------------------------------------------------------------------------------------

/** Whether keys belong to a field that text is typed into. */
function isTyping(event) {
  const field = event.target.closest("input, select, textarea");
  return Boolean(field) && !["radio", "checkbox"].includes(field.type);
}

function time(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function post(url, body, method, keepalive = false) {
  return fetch(url, {
    method,
    keepalive,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
  });
}

/** A line below the sound; with `undo`, a button that takes it back. */
function say(words, bad = false, undo = null) {
  const line = document.querySelector("#deck-message");
  line.textContent = words;
  line.hidden = !words;
  line.classList.toggle("bad", bad);
  if (!undo) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text.textUndo;
  button.addEventListener("click", undo);
  line.append(" ", button);
}
