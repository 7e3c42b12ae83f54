/** Journal entries applied to an interview, one by one: the same as flow/entries.py. */

import { canonicalAnswer, sameAnswer } from "./answers.js";
import { askOf, programOf } from "./program.js";
import { UNASKED_TYPES } from "./script.js";
import { problemsHere, State } from "./state.js";

/** A new interview, standing at its first question. `context`: {now: "2021-08-19T14:05:00", language}. */
export function start(script, context) {
  return new State(script, context, new Map(), context.language);
}

/** The state that these answers (an object or Map by key) lead to, standing at the first unanswered question. */
export function walk(script, answers, context) {
  return new State(script, context, canonicalAnswers(script, answers), context.language);
}

function canonicalAnswers(script, answers) {
  const canonical = new Map();
  for (const [key, value] of answers instanceof Map ? answers : Object.entries(answers)) {
    const item = script.item(key);
    if (!item) continue;
    const { answer, problems } = canonicalAnswer(script, item, value);
    if (!problems.length) canonical.set(key, answer);
  }
  return canonical;
}

/** Codes of what is wrong with a would-be answer, [] when it is fine. See check_answer in flow/entries.py for the codes. */
export function checkAnswer(state, key, value) {
  return checkedAnswer(state, key, value).problems;
}

function checkedAnswer(state, key, value) {
  const item = typeof key === "string" ? state.script.item(key) : undefined;
  if (!item) return { answer: null, problems: ["unknown_item"] };
  if (UNASKED_TYPES.includes(item.type)) return { answer: null, problems: ["calculated"] };
  if (!state.places.has(key)) return { answer: null, problems: ["not_on_route"] };
  const checked = canonicalAnswer(state.script, item, value);
  if (!checked.problems.length) {
    checked.problems = problemsHere(state.script, askOf(state.script, key), checked.answer, state.standpoint(key));
  }
  return checked;
}

const refused = (code, key = null, problems = []) => ({ code, key, problems });

/**
 * Apply one journal entry {kind, item, value, language}. Gives {refusal, checkpoints}: refusal is null or {code, key, problems},
 * checkpoints are those that this entry reached. A refused entry changes nothing.
 */
export function apply(state, entry) {
  const handler = Object.hasOwn(HANDLERS, entry.kind) ? HANDLERS[entry.kind] : null;
  if (!handler) return { refusal: refused("unknown_kind"), checkpoints: [] };
  if (state.status !== "running" && ["answer", "back", "jump"].includes(entry.kind)) {
    return { refusal: refused(state.status), checkpoints: [] };
  }
  const before = new Set(state.walk.checkpoints);
  const refusal = handler(state, entry);
  return { refusal, checkpoints: state.walk.checkpoints.filter((name) => !before.has(name)) };
}

const HANDLERS = {
  answer(state, entry) {
    const key = entry.item;
    const { answer, problems } = checkedAnswer(state, key, entry.value);
    const shown = typeof key === "string" ? key : null;
    if (problems[0] === "unknown_item" || problems[0] === "not_on_route") return refused(problems[0], shown);
    if (problems.length) return refused("invalid_answer", shown, problems);
    const place = state.places.get(key);
    if (state.frontier?.key === key) {
      state.answers.set(key, answer);
      state.walk.record(askOf(state.script, key), key, answer);
      state.goOn();
    } else if (!sameAnswer(state.answers.get(key), answer)) {
      state.answers.set(key, answer);
      state.walkAgain();
    }
    state.cursor = place + 1;
    return null;
  },

  back(state, entry) {
    if (entry.item !== null && entry.item !== undefined) return HANDLERS.jump(state, entry);
    if (state.cursor === 0) return refused("nothing_before");
    state.cursor -= 1;
    return null;
  },

  jump(state, entry) {
    const key = entry.item ?? null;
    if (key === null) {
      state.cursor = state.end();
      return null;
    }
    if (typeof key !== "string") return refused("unknown_item");
    if (!state.script.item(key)) return refused("unknown_item", key);
    if (!state.places.has(key)) return refused("not_on_route", key);
    state.cursor = state.places.get(key);
    return null;
  },

  language(state, entry) {
    if (!state.script.languages.includes(entry.language)) return refused("unknown_language");
    setLanguage(state, entry.language);
    return null;
  },

  note() {
    return null;
  },

  pause(state) {
    if (state.status === "stopped") return refused("stopped");
    state.status = "paused";
    return null;
  },

  resume(state) {
    state.status = "running";
    return null;
  },

  stop(state) {
    state.status = "stopped";
    return null;
  },
};

/** Switch the language of the screen. Where expressions use labels of options, the route is found anew. */
function setLanguage(state, language) {
  const here = state.current;
  state.language = language;
  state.walk.env.language = language;
  if (programOf(state.script).usesLanguage) {
    state.walkAgain();
    state.cursor = state.places.get(here?.key) ?? state.end();
  }
}

/** Apply a whole journal to a new interview; gives {state, refusals: [[place in entries, refusal], ...]}. */
export function replay(script, entries, context) {
  const state = start(script, context);
  const refusals = [];
  entries.forEach((entry, place) => {
    const { refusal } = apply(state, entry);
    if (refusal) refusals.push([place, refusal]);
  });
  return { state, refusals };
}

/** What has to be stored to go on later: answers, key on the screen, language, status. */
export function snapshot(state) {
  return {
    answers: Object.fromEntries(state.answers),
    current: state.current?.key ?? null,
    language: state.language,
    status: state.status,
  };
}

/** The state that `snapshot` described. */
export function restore(script, stored, context) {
  const state = new State(script, context, canonicalAnswers(script, stored.answers), stored.language);
  state.cursor = state.places.get(stored.current) ?? state.cursor;
  state.status = stored.status;
  return state;
}
