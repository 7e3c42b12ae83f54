from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from config import environment


class ConfigConfig(AppConfig):
    """Installed as an app so that its management commands are found."""

    name = "config"
    verbose_name = "Dala"

    def ready(self) -> None:
        """Make the folders that uploads stream into, before the first one arrives."""
        environment.make_data_dir(Path(settings.DATA_DIR))
        media = Path(settings.MEDIA_ROOT)
        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
        # Recordings are personal data: no other account of the machine gets in. The proxy runs as ours.
        media.chmod(0o700)
