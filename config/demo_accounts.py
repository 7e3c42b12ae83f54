"""The people of the example, one or more per role. Their passwords are public: they exist in a demo only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoAccount:
    """A log-in that the example creates and the demo prints."""

    role: str
    username: str
    password: str
    does: str


PASSWORD = "steppe-demo"  # noqa: S105 - printed on the screen by `make demo`

DEMO_ACCOUNTS = (
    DemoAccount("project lead", "lead", PASSWORD, "questionnaire, quotas, data files"),
    DemoAccount("supervisor", "supervisor", PASSWORD, "sample, progress, audits"),
    DemoAccount("interviewer", "interviewer", PASSWORD, "calls and interviews"),
    DemoAccount("coder", "coder", PASSWORD, "open answers"),
    DemoAccount("administrator", "admin", PASSWORD, "people and roles"),
)
