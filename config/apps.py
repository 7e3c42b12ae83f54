from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Installed as an app only so that its management commands are found."""

    name = "config"
    verbose_name = "Dala"
