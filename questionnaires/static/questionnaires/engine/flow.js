/**
 * Walking a questionnaire in the browser: route, checks, journal entries, texts. The same as the package flow in Python; both run
 * the same test vectors, and a test compares them on generated questionnaires.
 *
 *     const script = loadScript(document);
 *     const state = start(script, { now: "2021-08-19T14:05:00", language: "ru" });
 *     state.current.key;                                             // "consent": the question on the screen
 *     const { refusal } = apply(state, { kind: "answer", item: "consent", value: "1" });
 *     renderText(state, state.current.item.label, state.language, state.current);
 */

export { canonicalAnswer, cleanText } from "./answers.js";
export { apply, checkAnswer, replay, restore, snapshot, start, walk } from "./entries.js";
export {
  answerableKeys,
  checkpointReached,
  documentOf,
  evaluate,
  initialAnswer,
  missingAnswers,
  offRoute,
  options,
  progress,
  valueOnRoute,
  valuesByRole,
} from "./reading.js";
export { loadScript } from "./script.js";
export { heading, renderText, showValue } from "./text.js";
