"""Alembic runs this for every migration; :func:`migrate` has begun the transaction."""

from alembic import context

from empathia.service.diary.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters few things about a table
)
with context.begin_transaction():
    context.run_migrations()
