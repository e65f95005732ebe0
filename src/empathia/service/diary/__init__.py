"""The voice diary: what is kept of it, for whom, and how it is deleted. No model, no web framework.

Store (store.py)  the database: SQLite in a file, PostgreSQL by URL; migrations/ brings it up
accounts          register, sign_in, resume a session -> Visit, which everything else takes
entries           add, get, change, remove; their timelines and audio; baseline.py
looking           days, curves, shares, search, bookmarks; days.py knows the clocks of a zone
exporting, importing   a zip file with JSON, audio and a page, and back
sealing           encryption of one account
"""

from importlib import import_module

from empathia.errors import needs

with needs("serve", "the diary"):
    for _name in ("alembic", "argon2", "cryptography", "sqlalchemy"):
        import_module(_name)
