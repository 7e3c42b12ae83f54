/** Texts with answers in them: `${name}` in a label shows what was answered, in the language of the screen: as flow/text.py. */

import { labelOfCodes, ScriptScope } from "./program.js";
import { nameOfKey } from "./script.js";
import { missingKind, toText } from "./values.js";

const PIPED = /\$\{[ \t\r\n]*([^ \t\r\n{}]+)[ \t\r\n]*\}/g;

/**
 * A text in the language with `${name}` replaced by the answer: for a select the label of the option, in that language.
 * In a loop (`step`) the same round is meant; from outside of a loop, all rounds with commas between. Plain text: set it with
 * textContent, never as HTML.
 */
export function renderText(state, texts, language, step = null) {
  const text = state.script.text(texts, language);
  if (!text.includes("${")) return text;
  const scope = new ScriptScope(state.script, step ? step.item.loops : []);
  const env = state.walk.env.at(step ? step.frames : []);
  return text.replace(PIPED, (_, name) => {
    const keysOf = scope.keysOf(name);
    if (!keysOf) return "";
    return keysOf(env)
      .map((key) => showValue(state, key, language))
      .filter((part) => part !== "")
      .join(", ");
  });
}

/** What is on the route under a key, as people read it: label, number, text; nothing when it was not asked. */
export function showValue(state, key, language) {
  const { values } = state.walk.env;
  const node = state.script.nodes.get(nameOfKey(key));
  if (!values.has(key) || !node || node.kind === "group") return "";
  const answer = state.answers.get(key) ?? null;
  const kind = node.kind === "item" ? missingKind(answer) : "";
  if (kind) return state.script.missingLabel(node, kind, language);
  if (node.type === "select_multiple" && Array.isArray(answer)) {
    return answer.map((code) => state.script.optionLabel(node.choices, code, language)).join(", ");
  }
  return labelOfCodes(state.script, node.choices, toText(values.get(key)), language);
}

/** Labels of the groups and loops around a step, outermost first ("Attitudes", "Tajikistan"); empty ones are left out. */
export function heading(state, step, language) {
  const parts = [];
  for (const name of step.item.path) {
    const node = state.script.nodes.get(name);
    parts.push(renderText(state, node.label, language, step));
    if (node.kind === "loop" && node.choices !== null) {
      const { key } = step.loops.find((loop) => loop.name === name);
      parts.push(state.script.optionLabel(node.choices, key, language));
    }
  }
  return parts.filter((part) => part !== "");
}
