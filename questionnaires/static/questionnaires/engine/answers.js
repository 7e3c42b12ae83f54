/** Answers by themselves: their canonical form, what is wrong with them, how expressions read them: the same as flow/answers.py. */

import { isDate } from "./dates.js";
import { UNASKED_TYPES } from "./script.js";
import { LARGEST_INTEGER, stripped, toNumber, toScalars, toStored, toText, words } from "./values.js";

const MAX_TEXT = 10000;
// A double keeps 15 significant digits of every decimal.
const MAX_DIGITS = 15;
const DECIMAL = /^(-?)([0-9]{1,40})(?:\.([0-9]{0,40}))?$/;

const isPlainObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const fine = (answer) => ({ answer, problems: [] });
const wrong = (...problems) => ({ answer: null, problems });
const empty = (item) => ({ answer: null, problems: item.required && !item.read_only ? ["required"] : [] });

/** Whether two canonical answers are the same. */
export function sameAnswer(left, right) {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** {answer, problems}: the answer in the one form in which it is stored, and the problems it has by itself. */
export function canonicalAnswer(script, item, value) {
  if (UNASKED_TYPES.includes(item.type)) return wrong("calculated");
  if (isPlainObject(value)) return canonicalMissing(script, item, value);
  if (item.type === "note") return value === true ? fine(true) : wrong("wrong_type");
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
    return empty(item);
  }
  return CANONICAL[item.type](script, item, value);
}

function canonicalMissing(script, item, value) {
  const kind = value.missing;
  if (Object.keys(value).length !== 1 || typeof kind !== "string") return wrong("wrong_type");
  const isSelect = item.type === "select_one" || item.type === "select_multiple";
  const allowed =
    item.missing.some((answer) => answer.kind === kind) ||
    (isSelect && script.choices.get(item.choices).some((option) => option.missing === kind));
  return allowed ? fine({ missing: kind }) : wrong("missing_not_allowed");
}

const CANONICAL = {
  select_one(script, item, value) {
    if (typeof value !== "string") return wrong("wrong_type");
    const option = script.option(item.choices, value);
    if (!option) return wrong("unknown_option");
    return fine(option.missing ? { missing: option.missing } : value);
  },

  select_multiple(script, item, value) {
    if (!Array.isArray(value) || !value.every((code) => typeof code === "string")) return wrong("wrong_type");
    const codes = new Set(value);
    const chosen = script.choices.get(item.choices).filter((option) => codes.has(option.code));
    if (chosen.length < codes.size) return wrong("unknown_option");
    if (chosen.length > 1 && chosen.some((option) => option.exclusive || option.missing)) return wrong("exclusive");
    return fine(chosen[0].missing ? { missing: chosen[0].missing } : chosen.map((option) => option.code));
  },

  integer(script, item, value) {
    if (typeof value !== "number") return wrong("not_a_number");
    if (!Number.isInteger(value) || Math.abs(value) > LARGEST_INTEGER) return wrong("not_an_integer");
    return fine(value + 0);
  },

  decimal(script, item, value) {
    let text = value;
    if (typeof value === "number") {
      text = Number.isInteger(value) && Math.abs(value) < 1e40 ? BigInt(value).toString() : null;
    }
    const found = typeof text === "string" ? DECIMAL.exec(text) : null;
    if (!found) return wrong("not_a_number");
    const whole = found[2].replace(/^0+/, "");
    const fraction = (found[3] ?? "").replace(/0+$/, "");
    if ((whole + fraction).replace(/^0+/, "").length > MAX_DIGITS) return wrong("too_many_digits");
    const plain = (whole || "0") + (fraction ? `.${fraction}` : "");
    return fine(plain === "0" ? plain : found[1] + plain);
  },

  text(script, item, value) {
    if (typeof value !== "string") return wrong("wrong_type");
    const text = cleanText(value);
    if (stripped(text) === "") return empty(item);
    return [...text].length <= MAX_TEXT ? fine(text) : wrong("too_long");
  },

  date(script, item, value) {
    return typeof value === "string" && isDate(value) ? fine(value) : wrong("not_a_date");
  },
};

/** NFC, without NUL (the server's database refuses it) and without halves of surrogate pairs (nothing can encode them). */
export function cleanText(text) {
  return text.replaceAll("\0", "").replace(/[\ud800-\udfff]/gu, "\ufffd").normalize("NFC");
}

/** A canonical answer as expressions read it: '' for missing, empty and notes; numbers as numbers; codes parted by spaces. */
export function valueOfAnswer(item, answer) {
  if (answer === null || answer === true || isPlainObject(answer)) return "";
  if (Array.isArray(answer)) return answer.join(" ");
  return item.type === "integer" || item.type === "decimal" ? Number(answer) : answer;
}

/** A computed value (default, calculation) in the form in which the item takes answers. */
export function answerOfValue(item, value) {
  if (item.type === "note") return null;
  if (item.type === "select_multiple") return toScalars(value).flatMap((member) => words(toText(member)));
  if (item.type === "integer") {
    const number = toStored(toNumber(value));
    return number === "" ? null : number;
  }
  if (item.type === "decimal") return String(toStored(toNumber(value)));
  return toText(value);
}
