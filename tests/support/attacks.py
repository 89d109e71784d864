"""Texts that make a regular expression slow, if any do: made of its own pieces, a pump repeated, an end that fails."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_COMMON = " \n\taA0_-.\"'`()/*,:;=$\\{}[]<>|@#%&!?+~^é\u4e00"
_LIKELY = "a0 x_-/."
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_SINGLE = (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY)
_ROUNDS = 60
"""A repetition that may go on for longer is attacked."""
_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}

Attack = tuple[str, str, str]
"""What stands first, what is repeated, what stands last."""
_Item = tuple[Any, Any]


def attacks(pattern: re.Pattern[str] | re.Pattern[bytes], most: int) -> Iterator[Attack]:
    """The likeliest attacks first; none on a pattern that repeats nothing."""
    return islice(dict.fromkeys(_Attacker(pattern).attacks()), most)


def text_of(attack: Attack, size: int) -> str:
    """The attack, with a pump of so many characters."""
    first, pump, last = attack
    return first + pump * (size // len(pump)) + last


class _Attacker:
    def __init__(self, pattern: re.Pattern[str] | re.Pattern[bytes]) -> None:
        flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
        self.icase, self.dotall = bool(flags & re.IGNORECASE), bool(flags & re.DOTALL)
        self.tree = list(parser.parse(pattern.pattern, flags))
        atoms = list(_atoms(self.tree))
        letters = dict.fromkeys(_COMMON)
        for kind, value in atoms:
            if kind is op.LITERAL:
                letters[chr(value)] = None
            for inner, given in value if kind is op.IN else ():
                if inner in (op.LITERAL, op.RANGE):
                    letters[chr(given if inner is op.LITERAL else given[0])] = None
        alike: dict[tuple[bool, ...], str] = {}
        for letter in letters:
            if ord(letter) < 256 or isinstance(pattern.pattern, str):
                taken = [self._takes(atom, letter) for atom in atoms]
                alike.setdefault((*taken, letter.isalnum() or letter == "_", letter == "\n"), letter)
        broad = [atom[0] is not op.LITERAL for atom in atoms]
        self.letters = [
            letter for taken, letter in alike.items() if any(t and b for t, b in zip(taken, broad, strict=False))
        ]
        """One of each kind that the classes of the pattern tell apart."""
        self.end = next((letter for taken, letter in alike.items() if not any(taken[:-2])), "\0")

    def attacks(self) -> Iterator[Attack]:
        """From what stands before and within a repetition to single letters, and pairs of them."""
        repeats = list(self._repeats(self.tree, [""]))
        bodies = [(before, self._samples(body)) for before, body in repeats if body]
        if not bodies:
            return
        starts = [list(dict.fromkeys(("", *before))) for before, _ in repeats]
        for before, samples in bodies:
            yield from ((start, sample, self.end) for sample in samples for start in ("", *before))
        prefixes = list(dict.fromkeys(start for each in starts for start in each if start))
        yield from (("", start, self.end) for start in prefixes)
        yield from (("", start + letter, self.end) for start in prefixes for letter in self.letters[:3])
        yield from ((start, letter, self.end) for each in starts for letter in self.letters for start in each)
        for before, samples in bodies:
            for sample in samples:
                yield from ((before[-1], sample + letter, self.end) for letter in self.letters)
                yield from ((before[-1], letter + sample, self.end) for letter in self.letters)
        yield from (("", start + letter, self.end) for start in prefixes for letter in self.letters)
        yield from (("", one + two, self.end) for one in self.letters for two in self.letters if one < two)

    def _takes(self, atom: _Item, letter: str) -> bool:
        kind, value = atom
        cases = {letter, letter.lower(), letter.upper()} if self.icase else {letter}
        codes = {ord(case) for case in cases if len(case) == 1}
        if kind is op.ANY:
            return self.dotall or letter != "\n"
        if kind is not op.IN:
            return (value in codes) == (kind is op.LITERAL)
        taken = False
        for inner, given in value:
            taken |= (
                (inner is op.LITERAL and given in codes)
                or (inner is op.RANGE and any(given[0] <= code <= given[1] for code in codes))
                or (inner is op.CATEGORY and re.match(_CATEGORIES[given], letter) is not None)
            )
        return taken != any(inner is op.NEGATE for inner, _ in value)

    def _letter(self, atom: _Item) -> str:
        written = [chr(value) for kind, value in [atom] if kind is op.LITERAL]
        return next((letter for letter in [*written, *_LIKELY, *_COMMON] if self._takes(atom, letter)), "a")

    def _sample(self, items: Iterable[_Item], *, least: bool, branch: int = 0) -> str:
        """A text that the items take, as a rule: the shortest, or one with everything in it that may be left out."""
        groups: dict[int | None, str] = {}
        written: list[str] = []
        for kind, value in items:
            if kind in _SINGLE:
                written.append(self._letter((kind, value)))
            elif kind in _REPEATS:
                rounds = value[0] if least else max(value[0], min(1, value[1]))
                written.append(self._sample(value[2], least=least, branch=branch) * min(rounds, 40))
            elif kind is op.BRANCH:
                written.append(self._sample(value[1][min(branch, len(value[1]) - 1)], least=least, branch=branch))
            elif kind is op.GROUPREF:
                written.append(groups.get(value, ""))
            elif kind in (op.SUBPATTERN, op.ATOMIC_GROUP):
                inside = self._sample(_inner(kind, value)[0], least=least, branch=branch)
                groups[value[0] if kind is op.SUBPATTERN else None] = inside
                written.append(inside)
        return "".join(written)

    def _samples(self, items: Sequence[_Item]) -> list[str]:
        found = (self._sample(items, least=least, branch=branch) for least in (True, False) for branch in (0, 1, 2))
        return [sample for sample in dict.fromkeys(found) if sample]

    def _repeats(self, items: Iterable[_Item], before: list[str]) -> Iterator[tuple[list[str], list[_Item]]]:
        """What may stand before each long repetition, and what it repeats; at last what may stand before the end."""
        for kind, value in items:
            if kind in _REPEATS and value[1] >= _ROUNDS:
                yield before, list(value[2])
            for inner in _inner(kind, value):
                yield from self._repeats(inner, before)
            if kind in (op.ASSERT, op.ASSERT_NOT):
                continue
            item = [(kind, value)]
            tails = [self._sample(item, least=True), *(self._sample(item, least=False, branch=n) for n in (0, 1))]
            before = list(dict.fromkeys(start + tail for start in before for tail in tails))[:4]
        yield before, []


def _inner(kind: object, value: Any) -> list[list[_Item]]:
    if kind in _REPEATS:
        return [list(value[2])]
    if kind is op.SUBPATTERN:
        return [list(value[3])]
    if kind is op.ATOMIC_GROUP:
        return [list(value)]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [list(value[1])]
    if kind is op.GROUPREF_EXISTS:
        return [list(branch) for branch in value[1:] if branch]
    return [list(branch) for branch in value[1]] if kind is op.BRANCH else []


def _atoms(items: Iterable[_Item]) -> Iterator[_Item]:
    for kind, value in items:
        if kind in _SINGLE:
            yield kind, value
        for inner in _inner(kind, value):
            yield from _atoms(inner)
