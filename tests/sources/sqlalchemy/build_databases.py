"""Run apart from the tests: imports each case's models with the real SQLAlchemy and makes its tables in a database.

Takes a JSON list of [folder, url] as its argument, prints a JSON object of folder → error for those that failed.
"""

import importlib
import json
import sys
import traceback

from sqlalchemy import create_engine, text


def metadata_of(module):
    """The MetaData that a case's module makes known."""
    if hasattr(module, "metadata"):
        return module.metadata
    return module.Base.metadata


def build(folder, url):
    """Import the models of a folder and create their tables."""
    sys.path.insert(0, folder)
    try:
        for name in [n for n in sys.modules if n == "models" or n.startswith("models.")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        metadata = metadata_of(importlib.import_module("models"))
        engine = create_engine(url)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                for schema in {t.schema for t in metadata.tables.values() if t.schema} | {metadata.schema or "public"}:
                    connection.execute(text(f'create schema if not exists "{schema}"'))
            metadata.create_all(connection)
        engine.dispose()
    finally:
        sys.path.remove(folder)


if __name__ == "__main__":
    failures = {}
    for folder, url in json.loads(sys.argv[1]):
        try:
            build(folder, url)
        except Exception:  # noqa: BLE001 - whatever a case raises is reported with its name
            failures[folder] = traceback.format_exc()[-1500:]
    print(json.dumps(failures))
