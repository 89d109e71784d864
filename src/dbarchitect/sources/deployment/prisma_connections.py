"""Connections told by the `datasource` block of a Prisma schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.sources.deployment.options import with_url
from dbarchitect.sources.deployment.places import Found
from dbarchitect.sources.deployment.urls import read_urls

DATASOURCE = re.compile(r"^[ \t]*datasource\s+\w+\s*\{(?P<body>[^}]{0,4000})\}", re.MULTILINE)
"""The block in a schema, without the schema being parsed: what it says of connections needs no more."""
_PROVIDER = re.compile(r'provider\s*=\s*"(\w+)"')
_DIRECT = re.compile(r"^[ \t]*directUrl\s*=", re.MULTILINE)


def prisma_connections(schemas: Iterable[Found]) -> Iterator[ConnectionSettings]:
    """What `datasource db { … }` says besides its engine."""
    for file in schemas:
        for match in DATASOURCE.finditer(file.text):
            body = match["body"]
            provider = _PROVIDER.search(body)
            engine = provider[1] if provider is not None else None
            engine = {"postgres": "postgresql"}.get(engine or "", engine)
            record = ConnectionSettings("prisma", engine, None, origin=file.origin(match.start(), match.end()))
            if _DIRECT.search(body):
                record = replace(record, through_pooler=True, written=(("directUrl", "set"),))
            for url in read_urls(body):
                record = with_url(record, url)
            yield record
