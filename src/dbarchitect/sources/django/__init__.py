"""Django: the schema that a project's models declare, read statically.

`DjangoReader().read(project)` gives one reading for each Django project of a repository. What is decided where the
sources leave a choice:

- The engine is what DATABASES["default"] names; PostgreSQL where several engines are equal or none is told
  (`databases.engine_of`). Types, automatic indexes and checks follow it. On MySQL the types are PostgreSQL's.
- Automatic keys follow DEFAULT_AUTO_FIELD and the AppConfigs, else the default of the Django version that the
  requirements name (int4 before 6.0 and when no version is named).
- Tables of Django's own applications and of packages that `library/` describes are in the catalog, marked
  `owned_by`. A relation to a model that nobody describes keeps its foreign key, to the table that Django would name,
  with a Diagnostic.
- A base class that is not known is a Diagnostic: its columns are missing. `managed = False` models are left out with
  a Diagnostic. Proxies and swapped-out models have no table.
- What Django does itself is declared, not in the database: `application_on_delete`, choices, validators' bounds,
  defaults, `auto_now`. The object column of a GenericForeignKey has `declared.references` "any model, by <column>".
"""

from __future__ import annotations

from dbarchitect.sources.django.reader import DjangoReader

__all__ = ["DjangoReader"]
