"""Runs management commands of a small Django project for real, on a database of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine

SETTINGS = """
SECRET_KEY = "x"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.{engine}", "NAME": "app"}}}}
INSTALLED_APPS = [{apps}]
USE_TZ = True
{more}
"""
"""`config/settings.py` of the project, to be formatted."""
_CONNECTED = """
import os, sys, urllib.parse
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
from django.conf import settings
from django.core.management import call_command
url = sys.argv[1]
default = settings.DATABASES["default"]
if url.startswith("postgresql"):
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    default.update(NAME=parts.path[1:], USER=urllib.parse.unquote(parts.username or query.get("user", "")),
                   PASSWORD=urllib.parse.unquote(parts.password or ""), PORT=parts.port or query.get("port", ""),
                   HOST=parts.hostname or query.get("host", ""))
else:
    default["NAME"] = url
django.setup()
"""


def made_by(commands: str, root: Path, url: str, *arguments: str) -> Catalog:
    """The database after lines of Python were run in the project, with `call_command` and `sys.argv[2:]` at hand."""
    command = [sys.executable, "-W", "ignore", "-c", _CONNECTED + commands, url, *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    name = "postgresql" if url.startswith("postgresql") else "sqlite"
    return engine(name).read(url, ReadOptions()).catalog


def differences(ours: Catalog, live: Catalog, how: str) -> list[str]:
    """What two catalogs do not agree on, in words; `how` says where ours comes from."""
    left = {t.name: t for t in ours.tables}
    right = {t.name: t for t in live.tables if t.name not in {"django_migrations", "sqlite_sequence"}}
    found = [f"only {how}: {name}" for name in sorted(left.keys() - right.keys())]
    found += [f"only live: {name}" for name in sorted(right.keys() - left.keys())]
    for name in sorted(left.keys() & right.keys()):
        for field in fields(Table):
            a, b = getattr(left[name], field.name), getattr(right[name], field.name)
            if not field.compare or a == b:
                continue
            if isinstance(a, tuple) and isinstance(b, tuple):
                found += [f"{name}.{field.name} {how}: {x}" for x in a if x not in b]
                found += [f"{name}.{field.name} live: {x}" for x in b if x not in a]
            else:
                found += [f"{name}.{field.name} {how}: {a}", f"{name}.{field.name} live: {b}"]
    return found
