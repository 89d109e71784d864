"""Replays the migrations of a Django project: what each one does to the database, and what comes of them all."""

from dbarchitect.sources.django.migrations.replay import Replayed, replay_migrations

__all__ = ["Replayed", "replay_migrations"]
