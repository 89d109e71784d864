"""What the shell may complete a word to: files, rules, formats. Asked for only while somebody presses Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - click's signature
    """Files and directories, as the shell knows them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - see above
    """Names of rules, or codes where the word begins like one."""
    from dbarchitect.rules._registry import all_rules

    words = incomplete.casefold()
    known = all_rules()
    names = [rule.name() for rule in known if rule.name().startswith(words)]
    return names + [rule.code for rule in known if words and rule.code.casefold().startswith(words)]


def formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - see above
    """Formats."""
    from dbarchitect import api

    return [name for name in api.FORMATS if name.startswith(incomplete)]
