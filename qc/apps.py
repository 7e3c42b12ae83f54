from django.apps import AppConfig


class QCConfig(AppConfig):
    name = "qc"
    default_auto_field = "django.db.models.BigAutoField"
