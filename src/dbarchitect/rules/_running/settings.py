"""Settings of a server as a rule asks for them: with units, wherever they are set; and how they are changed."""

from __future__ import annotations

import re

from dbarchitect.catalog.objects import Setting
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import RunSql
from dbarchitect.finding import Applicability, Evidence, EvidenceKind, Fix

_QUANTITY = re.compile(r"\s*+(-?\d++(?:\.\d++)?)\s*+([A-Za-z]*+)\s*+")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1e3, "min": 60e3, "h": 3600e3, "d": 86_400e3}
_BYTES = {"B": 1, "kB": 2**10, "8kB": 2**13, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_ON = frozenset({"on", "true", "yes", "1"})
_OFF = frozenset({"off", "false", "no", "0"})


def setting_ref(name: str) -> Ref:
    """The address of a setting."""
    return Ref(Kind.SETTING, name=name)


def of_server(survey: Survey, name: str) -> Setting | None:
    """The setting as the server has it; None where it has none of that name or the role may not see it.

    Readers list the server's own before those that are written for the database or for roles.
    """
    return next((s for s in survey.catalog.settings if s.name == name and s.role is None), None)


def elsewhere(survey: Survey, name: str) -> tuple[Setting, ...]:
    """The settings of that name with which single roles, or all sessions of this database, start."""
    own = of_server(survey, name)
    return tuple(s for s in survey.catalog.settings if s.name == name and s is not own)


def is_on(setting: Setting | None) -> bool:
    """True where it is known to be on."""
    return setting is not None and setting.value.casefold() in _ON


def is_off(setting: Setting | None) -> bool:
    """True where it is known to be off."""
    return setting is not None and setting.value.casefold() in _OFF


def number(setting: Setting | None) -> float | None:
    """A setting that is a plain number."""
    found = _QUANTITY.fullmatch(setting.value) if setting else None
    return float(found[1]) if found else None


def milliseconds(setting: Setting | None) -> float | None:
    """A setting that is a time; negative and 0 mean what the setting says they mean."""
    found = _QUANTITY.fullmatch(setting.value) if setting else None
    if found is None or setting is None:
        return None
    factor = _MILLISECONDS.get(found[2] or setting.unit or "ms")
    return None if factor is None else float(found[1]) * factor


def in_bytes_of(setting: Setting | None) -> int | None:
    """A setting that is a size of memory."""
    found = _QUANTITY.fullmatch(setting.value) if setting else None
    if found is None or setting is None:
        return None
    factor = _BYTES.get(found[2] or setting.unit or "8kB")
    return None if factor is None else int(float(found[1]) * factor)


def hidden(survey: Survey, *names: str) -> str | None:
    """Why a rule cannot judge that needs all of these settings; None where it sees them."""
    missing = [name for name in names if of_server(survey, name) is None]
    return f"needs {', '.join(missing)}, which the server did not show to this role" if missing else None


def evidence_of(setting: Setting) -> Evidence:
    """A setting as evidence, with where it comes from."""
    unit = setting.unit if setting.unit and setting.value.lstrip("-").isdigit() and setting.value not in _NONE else ""
    source = f" of role {setting.role}" if setting.role else f" ({setting.source})" if setting.source else ""
    factor = " × " if unit[:1].isdigit() else " "
    return Evidence(EvidenceKind.SETTING, f"{setting.name} = {setting.value}{factor + unit if unit else ''}{source}")


_NONE = frozenset({"0", "-1"})


def written_in_server(survey: Survey, name: str, value: str, *, restart: bool = False) -> Fix | None:
    """Set it for the whole server, as its administrator; None on a hosting service, whose own settings decide."""
    if survey.engine.hosted_by is not None:
        return None
    reload = "select pg_catalog.pg_reload_conf()"
    change = RunSql(
        survey.engine.name,
        (f"alter system set {name} = {value}", reload),
        (f"alter system reset {name}", reload),
        f"sets {name} for the whole server",
    )
    note = "For a superuser. " + ("It takes effect when the server is restarted." if restart else "No restart needed.")
    return Fix((change,), Applicability.MANUAL, note)
