"""The executive summary: a paragraph of plain sentences, each a count or a quotation, none an opinion of its own."""

from __future__ import annotations

from collections import Counter

from dbarchitect.audit.model import ApplicationAudit, RankedFinding
from dbarchitect.audit.score import readiness
from dbarchitect.counted import count
from dbarchitect.finding import Level

_QUOTED = 3


def summary(audit: ApplicationAudit) -> str:
    """What an executive reads of one application."""
    counted = [item for item in audit.findings if item.suppressed is None]
    counts, levels = audit.examined, Counter(item.level for item in counted)
    size = f"{count(counts['tables'], 'table')} with {count(counts['columns'], 'column')}"
    sentences = [f"{audit.survey.application.name} keeps {size} in {_engine(audit)}."]
    if audit.score.overall is not None:
        sentences.append(_scored(audit))
    said = [f"{count(levels[level], level.value)}" for level in (Level.ERROR, Level.WARNING) if levels[level]]
    if levels[Level.INFO]:
        said.append(f"{levels[Level.INFO]} remarks" if levels[Level.INFO] > 1 else "1 remark")
    sentences.append(f"Found: {', '.join(said)}." if said else "Nothing was found to be wrong.")
    serious = sorted((item for item in counted if item.level is not Level.INFO), key=lambda item: item.priority)
    kinds: dict[object, list[RankedFinding]] = {}
    for item in serious:
        kinds.setdefault(item.rule, []).append(item)
    if kinds:
        quoted = "; ".join(_quoted(items) for items in list(kinds.values())[:_QUOTED])
        sentences.append(f"To do first: {quoted}.")
    if audit.strengths:
        sentences.append(f"Right: {count(len(audit.strengths), 'strength')}.")
    if audit.not_evaluated:
        sentences.append(f"{count(len(audit.not_evaluated), 'rule')} could not be judged on what was given to read.")
    return " ".join(sentences)


def _quoted(items: list[RankedFinding]) -> str:
    """A kind of fault, where it is first, and how often: `a foreign key with no index (book.author_id and 2 more)`."""
    title = items[0].rule.title()
    name = title[0].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title
    more = f" and {len(items) - 1} more" if len(items) > 1 else ""
    return f"{name} ({items[0].finding.object}{more})"


def _engine(audit: ApplicationAudit) -> str:
    engine = audit.survey.engine
    return f"{engine.title} {engine.version}" if engine.version else engine.title


def _scored(audit: ApplicationAudit) -> str:
    known = {category: value for category, value in audit.score.categories.items() if value is not None}
    best, worst = max(known, key=lambda c: known[c]), min(known, key=lambda c: known[c])
    text = f"Its health scores {audit.score.overall:g} out of 10"
    if known[best] > known[worst]:
        text += f", best in {best.value} ({known[best]:g}), weakest in {worst.value} ({known[worst]:g})"
    ready = readiness(audit.score)
    return f"{text}; its readiness for production {ready:g}." if ready is not None else f"{text}."
