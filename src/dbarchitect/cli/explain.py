"""`dba explain RULE`: a rule's manual page."""

from __future__ import annotations

import inspect
import sys

import click

from dbarchitect.cli import completed


@click.command("explain")
@click.argument("rule", shell_complete=completed.rules)
def command(rule: str) -> None:
    """Print the manual page of a rule.

    RULE is its name or code: `dba rules` lists them.
    """
    from dbarchitect.rules._registry import find_rule

    found = find_rule(rule)
    title, _, body = inspect.cleandoc(found.__doc__ or "").partition("\n")
    engines = ", ".join(found.engines) or "all engines"
    needs = ", ".join(sorted(need.value for need in found.needs))
    facts = (
        f"{found.level.value} · precision {found.precision.value} · {found.category.value} · {engines} · needs {needs}"
    )
    page = f"# {found.code} {found.name()}: {title}\n\n{facts}\n{body}\n"
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        click.echo(page, nl=False)
