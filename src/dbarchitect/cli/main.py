"""`dba`: a lazy group of commands. Each command is a file; it is imported when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import NoReturn

import click

from dbarchitect import __version__
from dbarchitect.errors import DbarchitectError

# command -> (module, first line of its help): the help page must not import the commands
COMMANDS = {
    "audit": "Say what is wrong and what is right, with evidence.",
    "baseline": "Write today's findings down as known: only new ones are shown.",
    "completion": "Print the completion script for a shell.",
    "config": "Print the settings that an audit of FOLDER would use.",
    "diff": "Say what changed between two saved JSON reports.",
    "doctor": "Say what can be examined here, what is missing and how to get it.",
    "explain": "Print the manual page of a rule.",
    "report": "Turn a saved JSON report into another format.",
    "rules": "List the rules.",
}
INTERRUPTED = 130
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF})


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - see above
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"dbarchitect.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a broken installation may fail loudly
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - see above
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Commands: {', '.join(COMMANDS)}."
            ctx.fail(f"There is no command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Where the reader of its output goes away (`dba rules | head`), that is no fault.

        Caught here because click would end with 1, which means findings with us.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from dbarchitect.cli.output import nobody_reads

            nobody_reads()
            return None


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dba")
def cli() -> None:
    """Audits the database of an application, and the code that asks it.

    Point it at a repository or a database; it says what is wrong and what is right, with evidence.

    \b
    dba audit                        the repository you stand in
    dba audit path/to/repository     another one
    dba audit shop.sqlite3           an SQLite file
    dba audit env:DATABASE_URL       the database whose URL is in that variable
    dba audit . env:DATABASE_URL     both, as one
    """


def main() -> NoReturn:
    """Run `dba`. Every error of ours is two lines on standard error and exit code 2, never a traceback."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who called us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - lives as long as we do
    try:
        cli.main(prog_name="dba", standalone_mode=False)
    except DbarchitectError as error:
        _fail(error.message, error.hint, error.exit_code)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            _internal(error)
        sys.stdout = None  # what is left in its buffer would fail again
        _fail(f"cannot write to standard output: {error.strerror}", "", 2)
    except Exception as error:  # noqa: BLE001 - users see words, whatever happens; DBA_DEBUG=1 shows the rest
        _internal(error)
    sys.exit(0)


def _internal(error: Exception) -> NoReturn:
    if os.environ.get("DBA_DEBUG"):
        raise error
    hint = "This is a fault of dbarchitect. Run again with DBA_DEBUG=1 and report what it prints."
    _fail(f"internal error: {type(error).__name__}", hint, 2)


def _fail(message: str, hint: str, code: int) -> NoReturn:
    from dbarchitect.report.clean import one_line

    # Names of files, and a server's words, are hostile like everything from outside.
    first, *rest = (one_line(line) for line in message.split("\n"))
    for line in (f"dba: {first}", *rest, *([f"     {one_line(hint)}"] if hint else [])):
        click.echo(line, err=True)
    sys.exit(code)
