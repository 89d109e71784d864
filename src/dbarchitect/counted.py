"""Numbers of things in words, the same in plans, summaries and reports."""

from __future__ import annotations


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 table`, `2 tables`, `2,400 tables`; `plural` where it is irregular."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
