"""Where a server listens, and whether it offers encryption there."""

from __future__ import annotations

from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._running.settings import is_off, of_server

NAMES = ("ssl", "listen_addresses")
"""The settings that tell."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", ""})


def listens_in_clear(survey: Survey) -> bool:
    """Whether a server of one's own listens on the network and has no TLS; False where its settings are not known."""
    tls, listens = (of_server(survey, name) for name in NAMES)
    if survey.engine.hosted_by is not None or listens is None or not is_off(tls):
        return False
    return not {address.strip(' "') for address in listens.value.split(",")} <= _LOCAL
