/** The functions of the routing language that need only their arguments: the same as language/functions.py; change both or neither. */

import { dateText, formatMoment } from "./dates.js";
import { finite, first, roundHalfUp, stripped, toBoolean, toNumber, toScalars, toText, words } from "./values.js";

const MAX_POWER = 1000;
const MAX_PLACES = 30;

const allMembers = (values) => values.flatMap(toScalars);

function hasCode(text, wanted) {
  // selected(${q}, '') is an idiom for "nothing was answered".
  return wanted ? words(text).includes(wanted) : words(text).length === 0;
}

function selected(value, code) {
  const wanted = stripped(toText(code));
  return toScalars(value).some((member) => hasCode(toText(member), wanted));
}

function selectedAt(value, place) {
  const codes = words(toText(value));
  const index = toNumber(place);
  return index >= 0 && index < codes.length ? codes[Math.trunc(index)] : "";
}

function join(separator, ...values) {
  return allMembers(values)
    .map(toText)
    .filter((part) => part !== "")
    .join(toText(separator));
}

function substr(value, start, end) {
  // By characters, not by UTF-16 units, as Python counts.
  const characters = [...toText(value)];
  const begin = toNumber(start);
  const finish = end === undefined ? characters.length : toNumber(end);
  if (Number.isNaN(begin) || Number.isNaN(finish)) return "";
  return characters.slice(clamp(begin, characters.length), clamp(finish, characters.length)).join("");
}

/** A place in a text of this length; negative places count from the end. */
function clamp(place, length) {
  const whole = Math.trunc(Math.max(-1e9, Math.min(1e9, place)));
  return whole < 0 ? Math.max(0, whole + length) : Math.min(whole, length);
}

function substringBefore(value, part) {
  const text = toText(value);
  const at = text.indexOf(toText(part));
  return at >= 0 ? text.slice(0, at) : "";
}

function substringAfter(value, part) {
  const text = toText(value);
  const wanted = toText(part);
  const at = text.indexOf(wanted);
  return at >= 0 ? text.slice(at + wanted.length) : "";
}

function translate(value, from, to) {
  const replacements = [...toText(to)];
  const table = new Map();
  [...toText(from)].forEach((character, place) => {
    if (!table.has(character)) table.set(character, replacements[place] ?? "");
  });
  return [...toText(value)].map((character) => table.get(character) ?? character).join("");
}

const patterns = new Map();

function regex(value, pattern) {
  const source = toText(pattern);
  if (!patterns.has(source)) patterns.set(source, new RegExp(`^(?:${source})$`, "u"));
  return patterns.get(source).test(toText(value));
}

function round(value, places = 0) {
  const digits = toNumber(places);
  if (Number.isNaN(digits)) return NaN;
  return roundHalfUp(toNumber(value), Math.trunc(Math.max(-MAX_PLACES, Math.min(MAX_PLACES, digits))));
}

function pow(value, exponent) {
  // Whole exponents by squaring: the power functions of the two languages differ in the last digit.
  const base = toNumber(value);
  const power = toNumber(exponent);
  if (Number.isNaN(base) || !Number.isInteger(power) || Math.abs(power) > MAX_POWER) return NaN;
  let result = 1;
  let factor = base;
  for (let left = Math.abs(power); left > 0; left = Math.floor(left / 2)) {
    if (left % 2) result = finite(result * factor);
    factor = finite(factor * factor);
  }
  return power < 0 ? finite(1 / result) : result;
}

/** All members that are numbers: unanswered questions do not count. */
function numbersOf(values) {
  return allMembers(values)
    .map(toNumber)
    .filter((number) => !Number.isNaN(number));
}

function least(...values) {
  return numbersOf(values).reduce((a, b) => (Number.isNaN(a) || b < a ? b : a), NaN);
}

function largest(...values) {
  return numbersOf(values).reduce((a, b) => (Number.isNaN(a) || b > a ? b : a), NaN);
}

function sum(...values) {
  return numbersOf(values).reduce((total, number) => finite(total + number), 0);
}

export const FUNCTIONS = {
  true: () => true,
  false: () => false,
  not: (value) => !toBoolean(value),
  boolean: toBoolean,
  "boolean-from-string": (value) => ["true", "1"].includes(toText(value)),
  once: first,
  selected,
  "selected-at": selectedAt,
  "count-selected": (value) => words(toText(value)).length,
  string: toText,
  concat: (...values) => allMembers(values).map(toText).join(""),
  join,
  "string-length": (value) => [...toText(value)].length,
  substr,
  "substring-before": substringBefore,
  "substring-after": substringAfter,
  contains: (value, part) => toText(value).includes(toText(part)),
  "starts-with": (value, part) => toText(value).startsWith(toText(part)),
  "ends-with": (value, part) => toText(value).endsWith(toText(part)),
  "normalize-space": (value) => stripped(toText(value)).replace(/[ \t\r\n]+/g, " "),
  translate,
  regex,
  number: toNumber,
  int: (value) => finite(Math.trunc(toNumber(value))),
  round,
  floor: (value) => finite(Math.floor(toNumber(value))),
  ceiling: (value) => finite(Math.ceil(toNumber(value))),
  abs: (value) => Math.abs(toNumber(value)),
  pow,
  sqrt: (value) => finite(Math.sqrt(toNumber(value))),
  min: least,
  max: largest,
  sum,
  count: (value) => toScalars(value).length,
  "count-non-empty": (value) => toScalars(value).filter((member) => toText(member) !== "").length,
  date: (value) => dateText(toNumber(value)),
  "decimal-date-time": toNumber,
  "format-date": (value, pattern) => formatMoment(toNumber(value), toText(pattern)),
};
