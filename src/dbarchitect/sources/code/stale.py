"""Which modules are not what they were, since something that they lead to is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def leading_to(targets: Iterable[str], links: Mapping[str, Iterable[str]]) -> set[str]:
    """The modules that lead to some, on whatever way, and those themselves; `links` tell what each leads to."""
    users: dict[str, list[str]] = {}
    for path, led_to in links.items():
        for target in led_to:
            users.setdefault(target, []).append(path)
    found = set(targets)
    waiting = list(found)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in found:
                found.add(user)
                waiting.append(user)
    return found


def told_otherwise(before: Mapping[str, object], now: Mapping[str, object]) -> set[str]:
    """The modules of which something else is told than before, or nothing, or something for the first time."""
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
