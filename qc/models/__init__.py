"""Whether it can be trusted: audits, coding of open answers, corrections, follow-ups."""

from .audits import Audit, AuditDraw, AuditPlan
from .coding import Code, CodeFrame, Coding, Verbatim
from .corrections import Correction, FollowUp

__all__ = [
    "Audit",
    "AuditDraw",
    "AuditPlan",
    "Code",
    "CodeFrame",
    "Coding",
    "Correction",
    "FollowUp",
    "Verbatim",
]
