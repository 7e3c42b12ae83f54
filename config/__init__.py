"""The house: settings, the way in for requests and tasks, and the embedded servers."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
