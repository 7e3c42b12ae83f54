"""Dates of the routing language: texts (`2021-08-19`, `2021-08-19T14:05:00`) and days since 1970-01-01. dates.js
does the same.

All times are wall-clock times in the zone of the interview; there are no offsets.
The day arithmetic is Howard Hinnant's (days_from_civil, civil_from_days), valid for the whole Gregorian calendar.
"""

from __future__ import annotations

import math
import re

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SECONDS_PER_DAY = 86_400
# 0001-01-01 and 9999-12-31
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to the date."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of the date that is `days` after 1970-01-01."""
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def is_date(text: str) -> bool:
    """Whether the text is a date of the calendar, without a time."""
    return len(text) == 10 and moment_of(text) is not None


def moment_of(text: str) -> float | None:
    """Days since 1970-01-01 of a date or date and time (seconds are cut to whole ones), or None when it is neither."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not (1 <= month <= 12 and 1 <= day <= _month_length(year, month) and year >= 1):
        return None
    days = float(days_from_civil(year, month, day))
    if found[4] is None:
        return days
    hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return days + (hour * 3600 + minute * 60 + second) / SECONDS_PER_DAY


def _month_length(year: int, month: int) -> int:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _DAYS[month - 1] + leap


def split_moment(moment: float) -> tuple[int, int, int, int] | None:
    """Year, month, day and second of the day; None for NaN and outside of the years 1 to 9999."""
    if moment != moment or not _FIRST_DAY <= moment < _LAST_DAY + 1:
        return None
    days = math.floor(moment)
    seconds = math.floor((moment - days) * SECONDS_PER_DAY + 0.5)
    if seconds == SECONDS_PER_DAY:
        days, seconds = days + 1, 0
        if days > _LAST_DAY:
            return None
    return *civil_from_days(days), seconds


def date_text(moment: float) -> str:
    """The date as `2021-08-19`, or the empty string."""
    parts = split_moment(moment)
    return f"{parts[0]:04d}-{parts[1]:02d}-{parts[2]:02d}" if parts else ""


def format_moment(moment: float, pattern: str) -> str:
    """A date by the signs of XLSForm's format-date(): %Y %y %m %n %d %e %H %h %M %S %3 (%3:
    milliseconds, always 000).
    """
    parts = split_moment(moment)
    if parts is None:
        return ""
    year, month, day, seconds = parts
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    signs = {
        "Y": f"{year:04d}",
        "y": f"{year % 100:02d}",
        "m": f"{month:02d}",
        "n": str(month),
        "d": f"{day:02d}",
        "e": str(day),
        "H": f"{hour:02d}",
        "h": str(hour),
        "M": f"{minute:02d}",
        "S": f"{second:02d}",
        "3": "000",
    }
    return re.sub(r"%([YymndeHhMS3])", lambda found: signs[found[1]], pattern)
