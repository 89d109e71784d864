"""Modules in groups of neighbours: one more or less changes the groups around it alone."""

from __future__ import annotations

import random

from dbarchitect.sources.code.typescript.neighbours import ABOUT, MANY, neighbours

PATHS = tuple(f"apps/app{number}/route.ts" for number in range(MANY + 500))


def test_every_module_is_in_one_group_in_its_place() -> None:
    groups = neighbours(PATHS)
    assert tuple(path for group in groups for path in group) == PATHS
    assert len(PATHS) / ABOUT / 2 < len(groups) < len(PATHS) / ABOUT * 2


def test_a_module_more_or_less_leaves_the_others_in_their_groups() -> None:
    chance = random.Random(1)
    groups = set(neighbours(PATHS))
    for number in chance.sample(range(len(PATHS)), 40):
        fewer = (*PATHS[:number], *PATHS[number + 1 :])
        assert len(groups.difference(neighbours(fewer))) <= 2
        more = (*PATHS[:number], f"{PATHS[number]}x", *PATHS[number:])
        assert len(groups.difference(neighbours(more))) <= 1


def test_a_few_modules_stand_by_themselves() -> None:
    assert neighbours(PATHS[: MANY - 1]) == tuple((path,) for path in PATHS[: MANY - 1])
    assert neighbours(()) == ()
