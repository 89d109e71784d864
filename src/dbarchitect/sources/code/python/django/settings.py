"""What the settings of a Django project tell of its queries."""

from __future__ import annotations

from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.python.constants import UNKNOWN
from dbarchitect.sources.python.statements import Module

USER_MODEL = "model of users"
_USUAL_USER = "auth.User"


def user_label(interpreter: Following) -> str:
    """The label of the model of users: `AUTH_USER_MODEL`."""
    found = setting(interpreter, "AUTH_USER_MODEL")
    return found if isinstance(found, str) else _USUAL_USER


def setting(interpreter: Following, name: str) -> object:
    """A setting as the project's settings modules bind it, None where none does: production's first."""
    index = interpreter.index
    modules = [m for m in index.candidates(name.encode()) if _is_settings(m) and name in m.names]
    for module in sorted(modules, key=lambda m: ("test" in m.path or "local" in m.path, "prod" not in m.path, m.path)):
        value = interpreter.evaluator.name(module, name)
        if value is not UNKNOWN:
            return value
    return None


def _is_settings(module: Module) -> bool:
    return "settings" in module.path or "config" in module.path or "conf" in module.path.rpartition("/")[2]
