"""`dba completion SHELL`: the completion script."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash:  eval "$(dba completion bash)"     in ~/.bashrc
    zsh:   eval "$(dba completion zsh)"      in ~/.zshrc
    fish:  dba completion fish > ~/.config/fish/completions/dba.fish
    """
    from click.shell_completion import get_completion_class

    from dbarchitect.cli.main import cli

    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click knows the shells that we offer
    click.echo(completion(cli, {}, "dba", "_DBA_COMPLETE").source())
