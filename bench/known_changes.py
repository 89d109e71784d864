"""How much of what maintainers later changed the audit foresaw: recall on real histories, and how much else it said.

For each fact (see `facts.py`) the repository is checked out before the change and audited; the fact is foreseen when a
finding of a fitting rule names the same table and a column of it. Facts that only the application's queries can foresee
are counted apart. `accuracy.py` counts more strictly, by the place that the finding has.

    python bench/known_changes.py FACTS.jsonl FOLDER_OF_GIT_MIRRORS
"""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from facts import Fact, check_out, mirror_of, read_facts

FITTING = {
    "index_added": {"unindexed-foreign-key", "undeclared-foreign-key", "polymorphic-reference"},
    "unique_added": {"missing-natural-key", "nullable-unique-column"},
    "fk_added": {"undeclared-foreign-key"},
    "fk_on_delete_changed": {"uneven-on-delete", "foreign-key-without-on-delete"},
    "index_dropped": {"redundant-prefix-index", "duplicate-index"},
    "check_added": {"unconstrained-value-set", "unconstrained-balance", "unconstrained-range"},
    "not_null_added": set[str](),
}


def audited(root: Path) -> list[dict]:
    """The findings of the whole command."""
    command = [sys.executable, "-m", "dbarchitect", "audit", str(root), "--format", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 2:
        print(f"  not audited: {result.stderr.strip()[:200]}")
        return []
    return json.loads(result.stdout)["findings"]


def foreseen(fact: Fact, findings: list[dict]) -> dict | None:
    """The best placed finding of a fitting rule on the fact's table and one of its columns."""
    wanted = {column.lower() for column in fact.columns}
    for finding in findings:
        object_ = finding["object"]
        same = (object_["table"] or "").lower() == fact.table.lower()
        columns = {column.lower() for column in object_["columns"]}
        if same and finding["rule"] in FITTING.get(fact.kind, ()) and columns & wanted:
            return finding
    return None


def main() -> None:
    """Audit before each fact, and count."""
    mirrors = Path(sys.argv[2])
    only = set(sys.argv[3:])
    by_commit = collections.defaultdict(list)
    for fact in read_facts(Path(sys.argv[1])):
        if not only or fact.app in only:
            by_commit[fact.repo, fact.commit].append(fact)
    seen: collections.Counter[tuple[str, str]] = collections.Counter()
    total: collections.Counter[tuple[str, str]] = collections.Counter()
    sizes = []
    for (repo, commit), group in sorted(by_commit.items()):
        with tempfile.TemporaryDirectory(prefix="dba-truth-") as folder:
            if not check_out(mirror_of(repo, mirrors), commit, Path(folder)):
                print(f"{repo} {commit[:8]}: not in the mirror")
                continue
            findings = audited(Path(folder))
        sizes.append(len(findings))
        for fact in group:
            key = (fact.kind, fact.foreseeable)
            total[key] += 1
            match = foreseen(fact, findings)
            seen[key] += match is not None
            if match is None and fact.foreseeable.startswith(("schema", "policy")):
                print(f"  missed: {fact} {key[1]}")
    for key in sorted(total):
        print(f"{seen[key]:>4} of {total[key]:>4}  {key[0]} ({key[1]})")
    schema = [key for key in total if key[1].startswith("schema")]
    print(f"foreseeable from the schema: {sum(seen[k] for k in schema)} of {sum(total[k] for k in schema)}")
    middle = sorted(sizes)[len(sizes) // 2] if sizes else 0
    print(f"all: {sum(seen.values())} of {sum(total.values())}; findings per audit: {middle} (median)")


if __name__ == "__main__":
    main()
