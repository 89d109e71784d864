"""What the whole of a Django project says to those who follow one module of it, as text that can be compared."""

from __future__ import annotations

from dbarchitect.sources.code.python.django.declared import ADMINS, Declared
from dbarchitect.sources.code.python.django.managers import NAMED_AFTER, USERS, Managers
from dbarchitect.sources.code.python.django.rest import DEFAULTS, RestDefaults
from dbarchitect.sources.code.python.django.settings import USER_MODEL, user_label
from dbarchitect.sources.code.python.vocabulary import Following


def answer(name: str, declared: Declared, managers: Managers, rest: RestDefaults, interpreter: Following) -> str | None:
    """Who is shown in the admin, whose managers are whose, what the settings say; None for another's question."""
    if name == ADMINS:
        return repr([(cls.dotted, model.key) for cls, model in declared.admins(interpreter).items()])
    if name == USERS:
        users = managers.users(interpreter).items()
        return repr([(cls.dotted, [model.key for model in models]) for cls, models in users])
    if name == NAMED_AFTER:
        named = managers.named_after(interpreter).items()
        return repr([(key, [cls.dotted for cls in classes]) for key, classes in named])
    if name == DEFAULTS:
        return rest.told(interpreter)
    return user_label(interpreter) if name == USER_MODEL else None
