"""The words that tell of a query are found where they begin a word, and nowhere else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.sources.code.python.django import DjangoVocabulary
from dbarchitect.sources.code.python.drivers import DriverVocabulary
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.sqlalchemy import SqlAlchemyVocabulary
from dbarchitect.sources.code.python.vocabulary import Vocabulary

WORDS = (rb"select\(", rb"db\.", rb"query\b", rb"repo")
PIECES = st.sampled_from(
    [b"select(", b"db.", b"query", b"queryset", b"repo", b"x", b"_", b" ", b".", b"(", b"\n", b"9"]
)


@given(st.lists(PIECES, max_size=8).map(b"".join), st.integers(0, 8))
def test_a_word_is_found_where_a_boundary_would_find_it(source: bytes, start: int) -> None:
    plain = re.compile(rb"\b(?:" + b"|".join(WORDS) + b")")
    jumping = re.compile(at_word(*WORDS))
    spans = [[found.span() for found in pattern.finditer(source, start)] for pattern in (plain, jumping)]
    assert spans[0] == spans[1]


@pytest.mark.parametrize(
    ("vocabulary", "source", "found"),
    [
        (SqlAlchemyVocabulary, b"x = select(Order)", True),
        (SqlAlchemyVocabulary, b"x = preselect(orders)", False),
        (SqlAlchemyVocabulary, b"x = my_repository.get(1)", False),
        (SqlAlchemyVocabulary, b"x = repositories[0]", True),
        (DriverVocabulary, b"run(' \n SELECT 1')", True),
        (DriverVocabulary, b'run("with x as (select 1)")', True),
        (DriverVocabulary, b"run('selected')", False),
        (DjangoVocabulary, b"class A(ModelSerializer):", True),
        (DjangoVocabulary, b"class A(MyModelSerializer):", False),
    ],
)
def test_what_a_function_is_followed_for(vocabulary: type[Vocabulary], source: bytes, found: bool) -> None:
    assert (re.compile(b"|".join(vocabulary.needles)).search(source) is not None) is found
