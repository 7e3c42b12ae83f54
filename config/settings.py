"""Settings. Everything that differs between machines comes from the environment (docs/operator.md)."""

from typing import Any

import dj_database_url
import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from config import environment as env
from config import runtime

django_stubs_ext.monkeypatch()

BASE_DIR = env.BASE_DIR
DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.secret_key(debug=DEBUG)
# Recognises phone numbers after they are purged (HMAC). A key of its own, so that SECRET_KEY can be changed: with
# another NUMBER_KEY the numbers drawn before are no longer recognised.
NUMBER_KEY = env.text("NUMBER_KEY", SECRET_KEY)
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "config",
    "studies",
    "questionnaires",
    "fieldwork",
    "qc",
    "exports",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.security.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "studies.middleware.UserLanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "studies.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.frame",
            ],
        },
    }
]

# --- data ------------------------------------------------------------------------------------------------

DATA_DIR = env.data_dir()
EMBEDDED = runtime.addresses(DATA_DIR)
DATABASE_URL = env.text("DATABASE_URL", EMBEDDED.database_url)
REDIS_URL = env.text("REDIS_URL", EMBEDDED.redis_url)

# A thread of the web server keeps its connection: connecting costs more than most queries. Their number
# is bounded by processes times threads, so that a pool would only add waiting.
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=env.number("DATABASE_CONN_MAX_AGE", 60))
    | {"CONN_HEALTH_CHECKS": True}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Another database than the queue's: clearing a cache empties the whole database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.redis_database(REDIS_URL, 1),
    }
}

# Recordings and exports. No URL leads here: views check who asks before they hand out a file.
MEDIA_ROOT = DATA_DIR / "media"
# Where a proxy has this prefix as an internal location on MEDIA_ROOT, it sends the files (X-Accel-Redirect).
MEDIA_ACCEL_PREFIX = env.text("MEDIA_ACCEL_PREFIX")
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750
# An hour of speech does not pass through memory: it streams to the disk it will stay on, to be moved there.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT / "incoming"
# Where releases of data are written; `make demo SERVE=0` names this folder.
EXPORTS_ROOT = MEDIA_ROOT / "exports"
MAX_UPLOAD_BYTES = env.number("MAX_UPLOAD_MB", 200) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # bodies other than files: a journal, a pasted table

# --- static files ----------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "var" / "static"))
# Names with a hash can be cached for ever, but have to be collected first: tests and DEBUG do without.
STATIC_HASHED = env.flag("STATIC_HASHED", not DEBUG)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static.HashedStaticStorage"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_HASHED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- people ----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "studies.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# A shift: nobody is thrown out in mid-interview, nobody stays in overnight.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"

# HTTPS ends at the proxy. Without it (a demo on localhost) secure cookies would lock everybody out.
HTTPS = env.flag("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 30 * 24 * 60 * 60 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("kk", _("Kazakh")), ("uz", _("Uzbek"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]  # Django has none for Kazakh
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- tasks -----------------------------------------------------------------------------------------------

# Celery spells the address of a socket in its own way.
CELERY_BROKER_URL = env.redis_database(REDIS_URL, 0).replace("unix:", "redis+socket:").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True  # progress and errors stand in the row that a task works for
CELERY_TASK_ACKS_LATE = True  # a task whose worker died is given out again
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # an export must not hold back short tasks behind it
CELERY_TASK_TIME_LIMIT = 60 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 2 * 60 * 60}  # longer than the longest task
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# By a name of ours: the task's dotted name and its schedule, in seconds or as a crontab.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "expire-leases": {"task": "fieldwork.tasks.expire_leases", "schedule": 30.0},
    "return-stuck-samples": {"task": "fieldwork.tasks.return_stuck_samples", "schedule": 60.0},
    "return-stuck-recordings": {"task": "fieldwork.tasks.return_stuck_recordings", "schedule": 60.0},
    "remove-orphaned-recordings": {"task": "fieldwork.tasks.remove_orphaned_recordings", "schedule": 60 * 60.0},
    "draw-audits": {"task": "qc.tasks.draw_audits", "schedule": 60.0},
    "find-verbatims": {"task": "qc.tasks.find_verbatims", "schedule": 60.0},
    "return-stuck-releases": {"task": "exports.tasks.return_stuck_releases", "schedule": 60.0},
    "return-forgotten-audits": {"task": "qc.tasks.return_forgotten_audits", "schedule": 15 * 60.0},
}

# --- API -------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "config.api.Pages",
    "EXCEPTION_HANDLER": "config.api.say_error",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dala",
    "DESCRIPTION": "Fieldwork of telephone surveys: studies, cases, interviews, audits, codings, exports.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- logs ------------------------------------------------------------------------------------------------

# Paths and names of events only: no bodies, no parameters, no SQL, because all three can hold personal data.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        # The default handlers would mail request data or print every request a second time.
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
