/**
 * Values of the routing language and their conversions: the same as language/values.py, step by step; change both or neither.
 *
 * A value is a string, a number (never infinite; NaN stands for "no number"), a boolean, or a node-set: the array of values
 * that an item of a loop has, read from outside the loop.
 */

import { momentOf } from "./dates.js";

// Integers up to here are exact in a double.
export const LARGEST_INTEGER = Number.MAX_SAFE_INTEGER;

const NUMBER = /^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;

/** The number, with infinities as NaN and minus zero as zero, so that nothing can tell the engines apart. */
export function finite(number) {
  return Number.isFinite(number) ? number + 0 : NaN;
}

/** A scalar as it is; of a node-set the first value, or the empty string. */
export function first(value) {
  if (Array.isArray(value)) return value.length ? value[0] : "";
  return value;
}

/** Without whitespace (of XML) at both ends. */
export function stripped(text) {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/** As a number: a date is its day since 1970-01-01 (the time as a fraction), a boolean 1 or 0, other text NaN. */
export function toNumber(value) {
  const scalar = first(value);
  if (typeof scalar === "number") return scalar;
  if (typeof scalar === "boolean") return scalar ? 1 : 0;
  const text = stripped(scalar);
  if (NUMBER.test(text)) return finite(Number(text));
  const moment = momentOf(text);
  return moment === null ? NaN : moment;
}

/** As text: numbers without exponent and without needless zeros, NaN as the empty string. */
export function toText(value) {
  const scalar = first(value);
  if (typeof scalar === "string") return scalar;
  if (typeof scalar === "boolean") return scalar ? "true" : "false";
  return numberText(scalar);
}

/** As a boolean: a number is true unless 0 or NaN, text unless empty, a node-set unless without members. */
export function toBoolean(value) {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return !Number.isNaN(value) && value !== 0;
  return value.length > 0;
}

/** The members of a node-set; a scalar is its only member. */
export function toScalars(value) {
  return Array.isArray(value) ? value : [value];
}

/** [digits, point]: the shortest decimal digits of a positive number; 12.5 is ["125", 2]. */
export function digitsOf(number) {
  const [mantissa, exponent = "0"] = String(number).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  const significant = digits.replace(/^0+/, "");
  const point = whole.length + Number(exponent) - (digits.length - significant.length);
  return [significant.replace(/0+$/, "") || "0", point];
}

/** Digits and point (see digitsOf) written out without an exponent. */
export function decimalText(digits, point) {
  if (point <= 0) return "0." + "0".repeat(-point) + digits;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The number as text: `0.1`, never an exponent; the empty string for NaN. */
export function numberText(number) {
  if (Number.isNaN(number)) return "";
  if (number === 0) return "0";
  const sign = number < 0 ? "-" : "";
  return sign + decimalText(...digitsOf(Math.abs(number)));
}

/** Rounded to `places` decimals, a half upwards as in XPath (2.5 to 3, -2.5 to -2), by the decimal digits that a reader sees. */
export function roundHalfUp(number, places) {
  if (Number.isNaN(number) || number === 0) return number;
  const [digits, point] = digitsOf(Math.abs(number));
  const kept = point + places;
  if (kept >= digits.length) return number;
  if (kept < 0) return 0;
  const next = digits[kept];
  const up = next > "5" || (next === "5" && (number > 0 || digits.length > kept + 1));
  const head = BigInt(digits.slice(0, kept) || "0") + (up ? 1n : 0n);
  if (head === 0n) return 0;
  const text = String(head);
  const rounded = Number(decimalText(text, text.length - places));
  return finite(number < 0 ? -rounded : rounded);
}

/** `=`: between node-sets whether any two members are equal; else as booleans, as numbers, or as text, whichever comes first. */
export function equals(left, right) {
  if (Array.isArray(left) || Array.isArray(right)) {
    return toScalars(left).some((a) => toScalars(right).some((b) => equals(a, b)));
  }
  if (typeof left === "boolean" || typeof right === "boolean") return toBoolean(left) === toBoolean(right);
  if (typeof left === "number" || typeof right === "number") return toNumber(left) === toNumber(right);
  return left === right;
}

/** `!=`: between node-sets whether any two members differ. With NaN it is true. */
export function differs(left, right) {
  if (Array.isArray(left) || Array.isArray(right)) {
    return toScalars(left).some((a) => toScalars(right).some((b) => differs(a, b)));
  }
  return !equals(left, right);
}

/** The parts of a text between whitespace: the codes of a select_multiple. */
export function words(text) {
  return text.match(/[^ \t\r\n]+/g) ?? [];
}

/** An answer as stored (docs/script.md) as a value: missing and empty ones as '', a list of codes as text parted by spaces. */
export function fromAnswer(answer) {
  if (answer === null || answer === undefined) return "";
  if (typeof answer === "boolean") return answer;
  if (typeof answer === "number") return finite(answer);
  if (Array.isArray(answer)) return answer.join(" ");
  return typeof answer === "object" ? "" : answer;
}

/** A computed value as it is kept in documents: integers as such, other numbers as decimal strings, NaN as ''. */
export function toStored(value) {
  if (Array.isArray(value)) return value.map(toText).filter((text) => text !== "").join(" ");
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : numberText(value);
  return value;
}

/** `dk`, `refused` or `na` for a missing answer, else the empty string. */
export function missingKind(answer) {
  return answer !== null && typeof answer === "object" && !Array.isArray(answer) ? String(answer.missing ?? "") : "";
}
