"""The column `type` of the sheet survey: what other tools and people write there, and what it is here."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TYPES = {
    "integer": "integer",
    "int": "integer",
    "decimal": "decimal",
    "text": "text",
    "string": "text",
    "date": "date",
    "note": "note",
    "calculate": "calculate",
    "calculation": "calculate",
    "calculate_here": "calculate",
    "hidden": "preset",
}
#: Facts about the device or the moment that other tools record. Times and people are in the journal of the interview.
_METADATA = frozenset(
    {
        "start",
        "end",
        "today",
        "deviceid",
        "device_id",
        "subscriberid",
        "simserial",
        "phonenumber",
        "phone_number",
        "username",
        "email",
        "caseid",
        "audit",
        "instance",
        "background-audio",
        "audio_audit",
        "text_audit",
        "speed_violations_audit",
        "speed_violations_count",
        "speed_violations_list",
        "start-geopoint",
        "imei",
        "uri:deviceid",
        "uri:phonenumber",
        "uri:username",
        "uri:email",
    }
)
#: Types that XLSForm has and a telephone interview, or this system so far, has not.
_KNOWN_ELSEWHERE = frozenset(
    {
        "acknowledge",
        "trigger",
        "time",
        "datetime",
        "geopoint",
        "geotrace",
        "geoshape",
        "image",
        "photo",
        "audio",
        "video",
        "file",
        "barcode",
        "range",
        "rank",
        "comments",
        "osm",
        "csv-external",
        "xml-external",
        "select_one_from_file",
        "select_multiple_from_file",
        "select_one_external",
        "select_multiple_external",
        "sensor_stream",
        "sensor_statistic",
    }
)
_SELECT = re.compile(
    r"^(?:add\s+)?select(?:[_ ]?(?P<one>one|1)|[_ ](?:multiple|all(?:\s+that\s+apply)?))"
    r"(?:\s+from)?(?:\s+(?P<rest>.+))?$",
    re.IGNORECASE,
)
_OR_OTHER = re.compile(r"\s+or[_ ](?:specify[_ ])?other$", re.IGNORECASE)
_STRUCTURE = re.compile(r"^(?P<what>begin|end)[_ ](?P<kind>group|repeat)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TypeCell:
    """What a type cell says: `kind` is begin, end, item, metadata, unsupported or unknown."""

    kind: str
    type: str = ""
    list_name: str = ""
    or_other: bool = False


def read_type(written: str) -> TypeCell:
    """Understand a type cell."""
    text = " ".join(written.split())
    structure = _STRUCTURE.match(text)
    if structure:
        return TypeCell(structure["what"].lower(), structure["kind"].lower())
    word = text.partition(" ")[0].lower()
    whole = text.lower().replace(" ", "_")
    if whole in _METADATA or word in _METADATA:
        return TypeCell("metadata", whole if whole in _METADATA else word)
    if word in _KNOWN_ELSEWHERE or whole in _KNOWN_ELSEWHERE:
        return TypeCell("unsupported", word)
    select = _SELECT.match(text)
    if select:
        rest = select["rest"] or ""
        list_name = _OR_OTHER.sub("", rest)
        return TypeCell("item", "select_one" if select["one"] else "select_multiple", list_name, list_name != rest)
    if whole in _TYPES:
        return TypeCell("item", _TYPES[whole])
    return TypeCell("unknown", text)
