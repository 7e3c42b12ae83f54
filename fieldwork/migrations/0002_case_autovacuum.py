"""Keeps the lists of waiting cases lean.

Each lease moves a case out of a partial index and leaves a dead entry at the front of it, where every search for the
next case begins. By default PostgreSQL comes to clear up after a fifth of the table has changed, which is 200,000 leases
at a million numbers; and it leaves the indexes alone while less than 2 % of the table's pages are concerned. Here it
comes after 5,000 dead rows, always clears the indexes, and does not pause: that takes some tenths of a second.
"""

from django.db import migrations

SETTINGS = {
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_vacuum_threshold": "5000",
    "autovacuum_vacuum_cost_delay": "0",
    "vacuum_index_cleanup": "on",
}


class Migration(migrations.Migration):
    dependencies = [("fieldwork", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="ALTER TABLE fieldwork_case SET ({})".format(", ".join(f"{k} = {v}" for k, v in SETTINGS.items())),
            reverse_sql="ALTER TABLE fieldwork_case RESET ({})".format(", ".join(SETTINGS)),
        ),
    ]
