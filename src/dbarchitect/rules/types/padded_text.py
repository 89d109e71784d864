"""Text of a fixed length, which the server fills up with blanks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import SqlType
from dbarchitect.change.operations import AlterColumn
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases

_SHORTEST = 2
_FIXED = phrases(
    "hash, digest, uuid, guid, md5, sha, sha1, sha256, checksum, fingerprint, token, key, code, currency, country, "
    "language, locale, lang, iso, id, hex, hmac, signature, zip, isbn, iban, bic, vin, ean, gtin, ulid"
)


class PaddedText(Rule):
    """Text that is filled up with blanks

    ## What it finds
    Columns of type `character(n)` with n above one. Left alone are the harmless uses: one character, keys that rows
    are joined by, and what has a fixed length by its name (codes, currencies, digests, UUIDs).

    ## Why it matters
    The server stores every value filled up with blanks to n characters, and ignores them in comparisons but not in
    `LIKE` or regular expressions: `'ab'` is found by `=` and not by the pattern. It is neither smaller nor faster than
    `varchar(n)`.

    ## When to leave it
    Values that always have exactly n characters, such as a digest in hexadecimal digits.

    ## How the fix works
    It changes the type to `character varying(n)`. The blanks at the end of stored values go; whoever counted on them
    must not.

    ## References
    - https://www.postgresql.org/docs/current/datatype-character.html
    - https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_char.28n.29
    """

    code = "TYP005"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            keyed = {name for path in table.access_paths() for name in path.column_names}
            keyed |= {name for key in table.foreign_keys for name in key.columns}
            for column in table.ordered_columns:
                length = column.type.length
                padded = column.type.name == "character" and not column.type.dimensions
                if (
                    not padded
                    or column.name in keyed
                    or _FIXED.ends(column.name)
                    or length is None
                    or length < _SHORTEST
                ):
                    continue
                ref = table.ref.column(column.name)
                origin = survey.origin_of(ref)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} fills every value up with blanks to {length} characters: LIKE and patterns trip over them.",
                    f"Make {ref} varchar({length}).",
                    (Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type}", origin),),
                    origin,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The same length, without the blanks."""
        table = survey.catalog.table(finding.object)
        column = table.column(finding.object.columns[0]) if table is not None else None
        if column is None:
            return None
        varying = replace(column, type=SqlType("character varying", column.type.arguments))
        note = "Stored values lose the blanks at their end; indexes on the column are rebuilt."
        return Fix((AlterColumn(finding.object.table_ref, column, varying),), Applicability.UNSAFE, note)
