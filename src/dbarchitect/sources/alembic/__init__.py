"""Alembic migrations (Flask-Migrate's too), found and replayed without importing or running any of them."""

from __future__ import annotations

from dbarchitect.sources.alembic.environments import Environment, find_environments
from dbarchitect.sources.alembic.joined import with_migrations
from dbarchitect.sources.alembic.reader import Replayed, replay

__all__ = ["Environment", "Replayed", "find_environments", "replay", "with_migrations"]
