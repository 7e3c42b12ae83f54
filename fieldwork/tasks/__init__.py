"""Work that outlives a request. Each concept has its module; Celery finds them through this package."""

from fieldwork.tasks import calls, recordings, sample

__all__ = ["calls", "recordings", "sample"]
