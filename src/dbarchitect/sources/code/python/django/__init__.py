"""Django's ORM: managers, querysets, rows, and the queries that its declarations make.

values.py        managers, querysets, `Q`, `F` and expressions as values
paths.py         `order__user__email` over relations; lookups.py, expressions.py, conditions.py what is asked of it
managers.py      managers and querysets of the project's own
querysets.py     methods that build; terminals.py those that run; running.py what is recorded and what comes of it
rows.py          attributes of rows; writing.py what inserts, updates and deletes
calls.py         Django's own functions
vocabulary.py    all of them behind the interpreter's questions
"""

from dbarchitect.sources.code.python.django.vocabulary import DjangoVocabulary

__all__ = ["DjangoVocabulary"]
