"""Throwaway servers: databases in which anything may be tried, and of which nothing is left."""

from __future__ import annotations

from dbarchitect.shadow.base import Shadow
from dbarchitect.shadow.opening import open_shadow

__all__ = ["Shadow", "open_shadow"]
