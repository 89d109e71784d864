"""The vocabularies that a project's code is read with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.typescript.drivers.vocabulary import DriverVocabulary
from dbarchitect.sources.code.typescript.drizzle.vocabulary import DrizzleVocabulary
from dbarchitect.sources.code.typescript.generic import GenericVocabulary
from dbarchitect.sources.code.typescript.knex.vocabulary import KnexVocabulary
from dbarchitect.sources.code.typescript.kysely.vocabulary import KyselyVocabulary
from dbarchitect.sources.code.typescript.noticed import NoticedVocabulary
from dbarchitect.sources.code.typescript.outside import OutsideVocabulary
from dbarchitect.sources.code.typescript.prisma.vocabulary import PrismaVocabulary
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.vocabulary import Vocabulary
from dbarchitect.sources.code.typescript.web.vocabulary import WebVocabulary
from dbarchitect.sources.code.typescript.zod.vocabulary import SchemaVocabulary
from dbarchitect.sources.typescript.index import TypeScriptIndex

_KNEX = re.compile(rb"knex(?<=[\"']knex)[\"']")
_KYSELY = re.compile(rb"kysely(?:(?<=[\"']kysely)|(?<=[\"']prisma-extension-kysely))[\"'/]")


def vocabularies_for(readings: Sequence[SourceReading], index: TypeScriptIndex, roles: Roles) -> tuple[Vocabulary, ...]:
    """The vocabularies of the libraries that the readings tell of."""
    frameworks = {reading.application.framework for reading in readings}
    found: list[Vocabulary] = [NoticedVocabulary(), WebVocabulary(roles), SchemaVocabulary(), GenericVocabulary(index)]
    if "prisma" in frameworks:
        found.append(PrismaVocabulary(readings, index))
    if "drizzle" in frameworks:
        found.append(DrizzleVocabulary(readings))
    if index.matching(_KYSELY):
        found.append(KyselyVocabulary(readings))
    if index.matching(_KNEX):
        found.append(KnexVocabulary(readings))
    return (*found, DriverVocabulary(readings), OutsideVocabulary())
