"""A file that reads what somebody typed behind a program's name holds a command."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.typescript.web.places import kind_by_folder


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (b'import parseArgs from "minimist";\n', FunctionKind.COMMAND),
        (b"const { Command } = require('commander')\n", FunctionKind.COMMAND),
        (b'import yargs from "yargs/yargs"\n', FunctionKind.COMMAND),
        (b'import { Command } from "./commander"\n', FunctionKind.OTHER),
        (b'const shown = "from the commander"\n', FunctionKind.OTHER),
    ],
)
def test_what_a_file_is(source: bytes, kind: FunctionKind) -> None:
    assert kind_by_folder("src/users/bulk/index.ts", source) is kind
