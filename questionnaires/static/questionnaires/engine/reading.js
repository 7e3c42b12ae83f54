/** What screens read from an interview's state: the same as flow/reading.py. */

import { askOf, compileExpression } from "./program.js";
import { initialHere, optionsHere } from "./state.js";

/** Keys that an answer may be given to now: the route, answered steps and the first unanswered one. */
export function answerableKeys(state) {
  return state.route.map((step) => step.key);
}

/** Options that a select offers where it stands on the route (filtered; without those that are missing answers). */
export function options(state, key) {
  const item = state.script.item(key);
  if (!item || item.choices === null) return [];
  if (!item.choice_filter) return state.script.choices.get(item.choices).filter((option) => option.missing === null);
  return optionsHere(state.script, askOf(state.script, key), state.standpoint(key));
}

/** The missing answers that the item takes: [{kind, code, text}], the text in the language. */
export function missingAnswers(state, key, language) {
  const item = state.script.item(key);
  return item.missing.map(({ kind, code }) => ({ kind, code, text: state.script.missingLabel(item, kind, language) }));
}

/** What the screen shows in the field: the answer that is there, else the default or calculation of the item, else null. */
export function initialAnswer(state, key) {
  if (state.answers.has(key)) return state.answers.get(key);
  const ask = askOf(state.script, key);
  if (!ask?.initial || !state.places.has(key)) return null;
  return initialHere(state.script, ask, state.standpoint(key));
}

function byCodePoint(left, right) {
  const [a, b] = [[...left], [...right]];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    if (a[at] !== b[at]) return a[at].codePointAt(0) - b[at].codePointAt(0);
  }
  return a.length - b.length;
}

/** Keys of answers that are not on the route (any more), sorted. */
export function offRoute(state) {
  return [...state.answers.keys()].filter((key) => !state.places.has(key)).sort(byCodePoint);
}

/** The interview's document: {answers, calculated, off_route}, answers in the order of the route. */
export function documentOf(state) {
  const aside = offRoute(state);
  const onRoute = answerableKeys(state).filter((key) => state.answers.has(key));
  return {
    answers: Object.fromEntries([...onRoute, ...aside].map((key) => [key, state.answers.get(key)])),
    calculated: Object.fromEntries(state.calculated),
    off_route: aside,
  };
}

/** The answer or calculated value under the key if it is on the route, else null. */
export function valueOnRoute(state, key) {
  if (state.calculated.has(key)) return state.calculated.get(key);
  return state.walk.env.values.has(key) ? (state.answers.get(key) ?? null) : null;
}

/** Answers and calculated values on the route of the items with this role, by item (for quotas: `stratum`). Not inside loops. */
export function valuesByRole(state, role) {
  const names = state.script.items().filter((item) => item.role === role && state.walk.env.values.has(item.name));
  return Object.fromEntries(names.map(({ name }) => [name, valueOnRoute(state, name)]));
}

/** {answered, total, percent}: weights of what is answered on the route and of what is estimated in all. */
export function progress(state) {
  const answered = state.walk.done;
  const total = answered + state.walk.ahead();
  return { answered, total, percent: state.complete ? 100 : Math.min(99, Math.floor((100 * answered) / total)) };
}

/** Whether the checkpoint's item has been answered on the route. */
export function checkpointReached(state, name) {
  return state.walk.checkpoints.includes(name);
}

/** Value of an expression over all answers on the route: outside of all loops, or from inside the loops around `key`. */
export function evaluate(state, tree, key = null) {
  const step = key === null ? null : state.step(key);
  const env = state.walk.env.at(step ? step.frames : []);
  return compileExpression(state.script, tree, step ? step.item.loops : [])(env);
}
