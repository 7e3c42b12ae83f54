"""The settings of the product, but for one: a password is hashed fast, as people log in by the hundred here."""

from config.settings import *  # noqa: F403 - settings are names in a module

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
