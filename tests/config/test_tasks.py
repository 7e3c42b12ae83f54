"""The clock only starts jobs that exist."""

from django.conf import settings

from config.celery import app


def test_every_timed_job_is_a_task() -> None:
    app.loader.import_default_modules()
    scheduled = {job["task"] for job in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled - set(app.tasks) == set()


def test_tasks_are_given_out_again_when_their_worker_dies() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
