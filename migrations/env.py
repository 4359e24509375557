"""How a migration runs: on the engine that the archive hands over, in one transaction, on either database.

Foreign keys are off on SQLite while it runs (a pragma of the connection, set by the engine: inside a
transaction it would be ignored), because batch mode copies a table and drops the original, which would empty
its children. They are checked before the commit instead.
"""

from __future__ import annotations

from alembic import context

from aggregator.archive import dialect, schema
from aggregator.errors import ArchiveError

engine = context.config.attributes["engine"].execution_options(writes=True)

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=schema.Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with connection.begin():
        dialect.hold(connection, dialect.MIGRATION, wait=True)
        context.run_migrations()
        if broken := dialect.broken_keys(connection):
            raise ArchiveError(f"the migration would break the archive and was undone: {broken[0]}")
