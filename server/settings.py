"""Django settings, everything from the environment: ZEROT_HOME, DATABASE_URL, ZEROT_PUBLIC_URL, ZEROT_ALLOWED_HOSTS."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from server.database import database_settings
from server.home import home_from_environment, read_secret_key

HOME = home_from_environment(os.environ)
PACKAGE = Path(__file__).parent

DEBUG = False
SECRET_KEY = read_secret_key(HOME)
# What goes into pairing codes: where kiosks and phones find this server.
PUBLIC_URL = os.environ.get("ZEROT_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
PUBLIC_URL_IS_DEFAULT = "ZEROT_PUBLIC_URL" not in os.environ
_PUBLIC = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = [
    *filter(None, os.environ.get("ZEROT_ALLOWED_HOSTS", "").split(",")),
    *filter(None, [_PUBLIC.hostname]),
    "localhost",
    "127.0.0.1",
    "[::1]",
]
DATABASES = {"default": database_settings(os.environ.get("DATABASE_URL", ""), HOME.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "server.territory",
    "server.devices",
    "server.ledger",
    "server.cards",
    "server.content",
    "server.maps",
    "server.catalogue",
    "server.imports",
    "server.settlement",
    "server.reconciliation",
    "server.risk",
    "server.backoffice",
    "server.curation",
    "server.mobile",
    "server.operation",
]
MIDDLEWARE = [
    "server.operation.observe.ObserveMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "server.backoffice.middleware.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "server.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "server.backoffice.context.navigation",
            ],
        },
    }
]
# Django's own forms post at most this; the device API bounds its own bodies (server.api.facts).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
LOGIN_URL = "/bureau/connexion/"
LOGIN_REDIRECT_URL = "/bureau/"
LOGOUT_REDIRECT_URL = "/bureau/connexion/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600  # one working day
_SECURE = _PUBLIC.scheme == "https"
SESSION_COOKIE_SECURE = _SECURE
CSRF_COOKIE_SECURE = _SECURE
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if _SECURE else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "server.operation.logs.json_formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ZEROT_LOG_LEVEL", "WARNING")},
}
