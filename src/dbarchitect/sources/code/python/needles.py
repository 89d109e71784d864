"""Words for which every function of a project is searched: written so that the search jumps from letter to letter.

It does so where each branch of a pattern begins with a letter or sign; a `\\b` in front, a set or a group ends that,
and every byte is then tried with every branch. So what stands before a word is looked at behind its first letter.
"""

from __future__ import annotations


def at_word(*patterns: bytes) -> bytes:
    """Patterns that each begin with a letter, at the beginning of a word: what `\\b(?:…|…)` finds."""
    return b"|".join(pattern[:1] + rb"(?<!\w" + pattern[:1] + b")" + pattern[1:] for pattern in patterns)
