"""`dba rules`: the list of rules."""

from __future__ import annotations

import json

import click


@click.command("rules")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", help="How to print it. Default: text."
)
def command(format_: str) -> None:
    """List the rules.

    Code, name, level and title of each; --format json has precision, category, engines and needs besides.
    """
    from dbarchitect.rules._registry import all_rules

    rules = all_rules()
    if format_ == "json":
        rows = [
            {
                "rule": rule.name(),
                "code": rule.code,
                "level": rule.level.value,
                "precision": rule.precision.value,
                "category": rule.category.value,
                "engines": list(rule.engines),
                "needs": sorted(need.value for need in rule.needs),
                "default": rule.default,
                "title": rule.title(),
            }
            for rule in rules
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(len(rule.name()) for rule in rules)
    for rule in rules:
        off = "" if rule.default else "  (only with --select)"
        click.echo(f"{rule.code}  {rule.name():<{width}}  {rule.level.value:<7}  {rule.title()}{off}")
