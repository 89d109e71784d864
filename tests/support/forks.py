"""A machine on which work is done in two processes, and who was forked there."""

from __future__ import annotations

import os
import threading

import pytest


def forked_on_two_processors(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the processes that are forked from now on; threads that other tests left are not counted."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    forks: list[int] = []
    fork = os.fork

    def noting() -> int:
        child = fork()
        if child:
            forks.append(child)
        return child

    monkeypatch.setattr(os, "fork", noting)
    return forks
