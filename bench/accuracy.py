"""How much of what maintainers later added is among the first findings: recall on real histories, by rank.

For each fact (see `facts.py`) the repository is checked out as it was before and audited. The fact is found when a
finding asks for the same kind of thing on the same table and leading column (second count: on exactly its columns), see
`answers.py`. Only the first 25, 50 and 100 errors and warnings for each 100 tables of the application count, in the
order of work: `ceil(k * tables / 100)` of them. The last column counts findings at any place and level.

    python bench/accuracy.py FACTS.jsonl --mirrors FOLDER [--app X …] [--stack python] [--kind index_added …]
                             [--jobs 2] [--json OUT] [--show-missed]
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this one, from wherever it is started

from answers import Flagged, answers, flagged
from facts import Fact, check_out, mirror_of, read_facts
from served import NOTHING, Served, served

BUDGETS = (25, 50, 100)  # errors and warnings for each 100 tables
MOST_JOBS = 2
SHOWN_RULES = 25


@dataclass(frozen=True, slots=True)
class Audited:
    """The audit of one application of a repository at a commit."""

    name: str
    table_names: frozenset[str]
    findings: tuple[Flagged, ...]
    served: Served = NOTHING

    @property
    def acts(self) -> int:
        """How many errors and warnings there are."""
        return sum(1 for found in self.findings if found.place is not None)

    def budget(self, k: int) -> int:
        """How many errors and warnings count at `k` for each 100 tables."""
        return math.ceil(k * len(self.table_names) / 100)


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What became of one commit: its applications, or why there are none."""

    repo: str
    commit: str
    applications: tuple[Audited, ...]
    seconds: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the best finding that answers a fact stands; all None where none does."""

    place: int | None = None
    rule: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A fact and where it was found, by leading column and by exact columns. `budgets` are those of its application,
    None where no application that was read has the table. `there`: it asks for what the schema had already."""

    fact: Fact
    leading: Place
    exact: Place
    budgets: tuple[int, ...] | None
    there: bool = False

    def found(self, budget: int | None, *, exact: bool = False) -> bool:
        """Whether it is found within the budget of that position in BUDGETS, None: at any place and level."""
        place = self.exact if exact else self.leading
        if budget is None:
            return place.rule is not None
        return self.budgets is not None and place.place is not None and place.place <= self.budgets[budget]


def audited_at(repo: str, commit: str, mirrors: Path) -> CommitResult:
    """Check a commit out into a folder that goes again, and audit it."""
    from dbarchitect import api
    from dbarchitect.errors import DbarchitectError

    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dba-accuracy-") as folder:
        if not check_out(mirror_of(repo, mirrors), commit, Path(folder)):
            return CommitResult(repo, commit, (), 0.0, "not in the mirror")
        try:
            audit = api.audit([folder])
        except DbarchitectError as error:
            return CommitResult(repo, commit, (), time.monotonic() - start, str(error).replace(folder, "."))
        applications = tuple(
            Audited(
                application.survey.application.name if application.survey.application.path != "." else ".",
                frozenset(table.name.casefold() for table in application.survey.tables),
                tuple(flagged(application)),
                served(application.survey),
            )
            for application in audit.applications
        )
    return CommitResult(repo, commit, applications, time.monotonic() - start)


def score(fact: Fact, result: CommitResult) -> Scored:
    """Where a fact is found; of several applications with the table, in the one where it is found first."""
    table = fact.table.rpartition(".")[2].casefold()
    best: Scored | None = None
    for application in result.applications:
        if table not in application.table_names:
            continue
        pairs = [(found, *answers(fact, found)) for found in application.findings]
        one = Scored(
            fact,
            _first(found for found, leading, _ in pairs if leading),
            _first(found for found, _, exact in pairs if exact),
            tuple(application.budget(k) for k in BUDGETS),
            application.served.has(fact),
        )
        if best is None or _rank(one) < _rank(best):
            best = one
    return best or Scored(fact, Place(), Place(), None)


def _first(found: Iterable[Flagged]) -> Place:
    best = min(found, key=lambda one: one.place if one.place is not None else math.inf, default=None)
    return Place(best.place, best.rule, best.level) if best is not None else Place()


def _rank(scored: Scored) -> tuple[bool, float]:
    return (scored.leading.rule is None, scored.leading.place if scored.leading.place is not None else math.inf)


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit before each fact, and print the tables. 1 where a commit could not be audited."""
    options = _options(arguments)
    everything = read_facts(options.facts)
    facts = [fact for fact in everything if _wanted(fact, options)]
    if not facts:
        print("no fact is left to look for", file=sys.stderr)
        return 1
    results = _run(facts, options.mirrors, options.jobs)
    scored = [score(fact, results[fact.repo, fact.commit]) for fact in facts]
    there = [one for one in scored if one.there]
    scored = [one for one in scored if not one.there]
    confirmed = [one for one in scored if one.fact.confirmed]
    _print_table("Confirmed facts, by stack and kind", confirmed, lambda fact: (fact.language, fact.kind))
    _print_table("Confirmed facts, by application and kind", confirmed, lambda fact: (fact.app, fact.kind))
    _print_table("Confirmed facts, by where the need shows", confirmed, lambda fact: (fact.kind, fact.foreseeable))
    rest = [one for one in scored if not one.fact.confirmed]
    _print_table("Unconfirmed facts, by stack and kind", rest, lambda fact: (fact.language, fact.kind))
    _print_rules(scored, results)
    _print_commits(everything, results)
    if options.show_missed:
        _print_missed(confirmed)
    if there:
        print(f"\nLeft out, as they ask for what was there already: {len(there)}")
    if options.json:
        options.json.write_text(json.dumps(_as_json([*scored, *there], results), indent=1) + "\n", encoding="utf-8")
    return 1 if any(result.problem for result in results.values()) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("facts", type=Path, metavar="FACTS.jsonl")
    parser.add_argument("--mirrors", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--app", nargs="+", default=[])
    parser.add_argument("--stack", choices=("python", "typescript"))
    parser.add_argument("--kind", nargs="+", default=[])
    parser.add_argument("--jobs", type=int, default=MOST_JOBS)
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--show-missed", action="store_true")
    return parser.parse_args(arguments)


def _wanted(fact: Fact, options: argparse.Namespace) -> bool:
    return (
        (not options.app or fact.app in options.app)
        and (not options.kind or fact.kind in options.kind)
        and (options.stack is None or fact.language == options.stack)
    )


def _run(facts: Iterable[Fact], mirrors: Path, jobs: int) -> dict[tuple[str, str], CommitResult]:
    """Audit each commit once; progress goes to stderr."""
    commits = sorted({(fact.repo, fact.commit) for fact in facts})
    results: dict[tuple[str, str], CommitResult] = {}
    for number, result in enumerate(_audits(commits, mirrors, min(jobs, MOST_JOBS, len(commits))), start=1):
        results[result.repo, result.commit] = result
        said = result.problem or f"{sum(one.acts for one in result.applications)} errors and warnings"
        where = f"{number}/{len(commits)} {result.repo} {result.commit[:8]}"
        print(f"{where} {result.seconds:.1f} s: {said}", file=sys.stderr, flush=True)
    return results


def _audits(commits: list[tuple[str, str]], mirrors: Path, jobs: int) -> Iterator[CommitResult]:
    if jobs <= 1:
        yield from (audited_at(repo, commit, mirrors) for repo, commit in commits)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        waiting = [pool.submit(audited_at, repo, commit, mirrors) for repo, commit in commits]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _print_table(title: str, scored: list[Scored], key: Callable[[Fact], tuple[str, str]]) -> None:
    if not scored:
        return
    groups: dict[tuple[str, str], list[Scored]] = collections.defaultdict(list)
    for one in scored:
        first, second = key(one.fact)
        groups[first, second].append(one)
        groups[first, "all"].append(one)
    print(f"\n{title}\n")
    heads = [f"{name} @{k}" for name in ("leading", "exact") for k in (*BUDGETS, "any")]
    print(f"| | | facts | {' | '.join(heads)} |")
    print(f"|---|---|---:|{'---:|' * len(heads)}")
    for first, second in sorted(groups, key=lambda pair: (pair[0], pair[1] == "all", pair[1])):
        group = groups[first, second]
        cells = [
            _share(sum(one.found(budget, exact=exact) for one in group), len(group))
            for exact in (False, True)
            for budget in (*range(len(BUDGETS)), None)
        ]
        print(f"| {first} | {second} | {len(group)} | {' | '.join(cells)} |")


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f} %)"


def _print_rules(scored: list[Scored], results: dict[tuple[str, str], CommitResult]) -> None:
    """By rule: how many errors and warnings stand within the largest budget, and how many facts they answer there."""
    within: list[collections.Counter[str]] = [collections.Counter() for _ in BUDGETS]
    for result in results.values():
        for application in result.applications:
            for number, k in enumerate(BUDGETS):
                limit = application.budget(k)
                within[number].update(f.rule for f in application.findings if f.place and f.place <= limit)
    answered = collections.Counter(one.leading.rule for one in scored if one.found(len(BUDGETS) - 1))
    confirmed = collections.Counter(
        one.leading.rule for one in scored if one.found(len(BUDGETS) - 1) and one.fact.confirmed
    )
    print(f"\nErrors and warnings within the budgets, by rule, over {len(results)} commits\n")
    print(f"| rule | {' | '.join(f'@{k}' for k in BUDGETS)} | facts answered @{BUDGETS[-1]} | confirmed ones |")
    print(f"|---|{'---:|' * (len(BUDGETS) + 2)}")
    for rule, _ in within[-1].most_common(SHOWN_RULES):
        counts = " | ".join(str(counter[rule]) for counter in within)
        print(f"| {rule} | {counts} | {answered[rule]} | {confirmed[rule]} |")


def _print_commits(facts: list[Fact], results: dict[tuple[str, str], CommitResult]) -> None:
    """By commit: how much was said, and how much of what rests on the code corresponds to no fact of that day or later.

    What maintainers never added need not be wrong; how it changes from one version of ours to the next tells.
    """
    by_repo: dict[str, list[Fact]] = collections.defaultdict(list)
    dates = {(fact.repo, fact.commit): fact.date for fact in facts}
    for fact in facts:
        by_repo[fact.repo].append(fact)
    print("\nFindings by commit\n")
    print("| repository | commit | tables | errors and warnings | per 100 tables | from code | of them no fact |")
    print("|---|---|---:|---:|---:|---:|---:|")
    rates = []
    for (repo, commit), result in sorted(results.items(), key=lambda item: (item[0][0], dates[item[0]])):
        later = [fact for fact in by_repo[repo] if fact.date >= dates[repo, commit]]
        tables = sum(len(one.table_names) for one in result.applications)
        acting = [found for one in result.applications for found in one.findings if found.place is not None]
        coded = [found for found in acting if found.from_code]
        idle = sum(1 for found in coded if not any(answers(fact, found)[0] for fact in later))
        rate = 100 * len(acting) / tables if tables else 0.0
        rates.append(rate)
        print(f"| {repo} | {commit[:8]} | {tables} | {len(acting)} | {rate:.0f} | {len(coded)} | {idle} |")
    print(f"\nMedian: {sorted(rates)[len(rates) // 2]:.0f} errors and warnings for each 100 tables.")


def _print_missed(scored: list[Scored]) -> None:
    print(f"\nConfirmed facts that are not found within {BUDGETS[-1]}\n")
    for one in sorted(scored, key=lambda one: (one.fact.app, one.fact.date)):
        if one.found(len(BUDGETS) - 1):
            continue
        where = "no finding"
        if one.budgets is None:
            where = "the table was not read"
        elif one.leading.rule is not None:
            where = f"{one.leading.rule}, {one.leading.level} at {one.leading.place}, budgets {one.budgets}"
        print(f"- {one.fact} {one.fact.foreseeable}: {where}")


def _as_json(scored: list[Scored], results: dict[tuple[str, str], CommitResult]) -> dict:
    return {
        "budgets": BUDGETS,
        "facts": [
            {
                **asdict(one.fact),
                "leading": asdict(one.leading),
                "exact": asdict(one.exact),
                "budgets": one.budgets,
                "there": one.there,
                "found": {str(k): one.found(number) for number, k in enumerate(BUDGETS)},
                "found_exactly": {str(k): one.found(number, exact=True) for number, k in enumerate(BUDGETS)},
            }
            for one in scored
        ],
        "commits": [
            {
                "repo": result.repo,
                "commit": result.commit,
                "seconds": round(result.seconds, 2),
                "problem": result.problem,
                "applications": [
                    {"name": one.name, "tables": len(one.table_names), "errors_and_warnings": one.acts}
                    for one in result.applications
                ],
            }
            for result in results.values()
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
