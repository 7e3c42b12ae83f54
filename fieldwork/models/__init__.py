"""Who is called and what they say: sample, cases, calls, quotas, interviews, recordings."""

from .calls import Appointment, CallAttempt
from .cases import Case, CasePhone
from .interviews import Interview, JournalEntry
from .quotas import Quota, QuotaCell, Seat
from .recordings import Recording
from .sample import NumberingPlan, NumberRange, PopulationCount, Replicate, Sample

__all__ = [
    "Appointment",
    "CallAttempt",
    "Case",
    "CasePhone",
    "Interview",
    "JournalEntry",
    "NumberRange",
    "NumberingPlan",
    "PopulationCount",
    "Quota",
    "QuotaCell",
    "Recording",
    "Replicate",
    "Sample",
    "Seat",
]
