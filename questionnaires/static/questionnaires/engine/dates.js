/**
 * Dates of the routing language: texts (`2021-08-19`, `2021-08-19T14:05:00`) and days since 1970-01-01.
 * The same as language/dates.py, step by step. All times are wall-clock times in the zone of the interview.
 */

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?$/;
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const SECONDS_PER_DAY = 86400;
// 0001-01-01 and 9999-12-31
const FIRST_DAY = -719162;
const LAST_DAY = 2932896;

const quotient = (a, b) => Math.floor(a / b);

/** Days from 1970-01-01 to the date. */
export function daysFromCivil(year, month, day) {
  const shifted = year - (month <= 2 ? 1 : 0);
  const era = quotient(shifted, 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = quotient(153 * (month + (month > 2 ? -3 : 9)) + 2, 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + quotient(yearOfEra, 4) - quotient(yearOfEra, 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** [year, month, day] of the date that is `days` after 1970-01-01. */
export function civilFromDays(days) {
  const shifted = days + 719468;
  const era = quotient(shifted, 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = quotient(
    dayOfEra - quotient(dayOfEra, 1460) + quotient(dayOfEra, 36524) - quotient(dayOfEra, 146096),
    365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + quotient(yearOfEra, 4) - quotient(yearOfEra, 100));
  const place = quotient(5 * dayOfYear + 2, 153);
  const month = place + (place < 10 ? 3 : -9);
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - quotient(153 * place + 2, 5) + 1];
}

/** Whether the text is a date of the calendar, without a time. */
export function isDate(text) {
  return text.length === 10 && momentOf(text) !== null;
}

/** Days since 1970-01-01 of a date or date and time (cut to whole seconds), or null when it is neither. */
export function momentOf(text) {
  const found = DATE.exec(text);
  if (!found) return null;
  const year = Number(found[1]);
  const month = Number(found[2]);
  const day = Number(found[3]);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month) && year >= 1)) return null;
  const days = daysFromCivil(year, month, day);
  if (found[4] === undefined) return days;
  const hour = Number(found[4]);
  const minute = Number(found[5]);
  const second = Number(found[6] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return null;
  return days + (hour * 3600 + minute * 60 + second) / SECONDS_PER_DAY;
}

function monthLength(year, month) {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return MONTH_LENGTHS[month - 1] + (leap ? 1 : 0);
}

/** {year, month, day, seconds}, or null for NaN and outside of the years 1 to 9999. */
function splitMoment(moment) {
  if (!(moment >= FIRST_DAY && moment < LAST_DAY + 1)) return null;
  let days = Math.floor(moment);
  let seconds = Math.floor((moment - days) * SECONDS_PER_DAY + 0.5);
  if (seconds === SECONDS_PER_DAY) {
    days += 1;
    seconds = 0;
    if (days > LAST_DAY) return null;
  }
  const [year, month, day] = civilFromDays(days);
  return { year, month, day, seconds };
}

const padded = (number, width) => String(number).padStart(width, "0");

/** The date as `2021-08-19`, or the empty string. */
export function dateText(moment) {
  const parts = splitMoment(moment);
  return parts ? `${padded(parts.year, 4)}-${padded(parts.month, 2)}-${padded(parts.day, 2)}` : "";
}

/** A date by the signs of XLSForm's format-date(): %Y %y %m %n %d %e %H %h %M %S %3 (milliseconds, always 000). */
export function formatMoment(moment, pattern) {
  const parts = splitMoment(moment);
  if (!parts) return "";
  const { year, month, day, seconds } = parts;
  const hour = quotient(seconds, 3600);
  const signs = {
    Y: padded(year, 4),
    y: padded(year % 100, 2),
    m: padded(month, 2),
    n: String(month),
    d: padded(day, 2),
    e: String(day),
    H: padded(hour, 2),
    h: String(hour),
    M: padded(quotient(seconds, 60) % 60, 2),
    S: padded(seconds % 60, 2),
    3: "000",
  };
  return pattern.replace(/%([YymndeHhMS3])/g, (_, sign) => signs[sign]);
}
