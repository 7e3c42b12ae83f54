"""Work of the worker and the clock. Names are said in full, so that a module can move."""

from qc.tasks import audits, coding

__all__ = ["audits", "coding"]
