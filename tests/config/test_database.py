"""The database of the tests is what production runs on."""

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_database_is_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT upper('ғалым'), current_setting('server_version_num')::int >= 170000")
        assert cursor.fetchone() == ("ҒАЛЫМ", True)


def test_cache_speaks_redis() -> None:
    cache.set("greeting", "salem", 5)
    assert cache.get("greeting") == "salem"
