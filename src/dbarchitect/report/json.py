"""The JSON report, schema version 1. Fields are added, never changed or removed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """The whole report as one JSON object."""
    return json.dumps(as_data(report), indent=2, ensure_ascii=False, default=str) + "\n"


def as_data(report: Report) -> dict[str, object]:
    """The whole report as plain data."""
    return {item.name: _plain(getattr(report, item.name)) for item in dataclasses.fields(report)}


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
