"""The activity log speaks in words."""

import re

from django.conf import settings

from studies.templatetags.activity import ACTION_WORDS, action_words

# As services name an act: log_activity(action="quota.created") or a helper that passes the name on.
NAMED = re.compile(r"""["']((?:[a-z]+_)*[a-z]+\.(?:[a-z]+_)*[a-z]+)["']""")


def test_every_act_that_services_record_has_words() -> None:
    recorded = set()
    for app in ("studies", "questionnaires", "fieldwork", "qc", "exports"):
        for file in (settings.BASE_DIR / app / "services").glob("*.py"):
            source = file.read_text(encoding="utf-8")
            if "log_activity(" in source:
                recorded |= {name for name in NAMED.findall(source) if name.endswith(("ed", "_set", ".heard"))}
    assert len(recorded) > 30
    assert recorded - set(ACTION_WORDS) == set()


def test_an_act_is_said_in_words_and_an_unknown_one_by_its_name() -> None:
    assert action_words("replicates.released") == "Replicates released"
    assert action_words("moon.landed") == "moon.landed"
