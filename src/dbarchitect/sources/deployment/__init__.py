"""What a repository tells of how its applications connect to their database and are operated. Nothing is run.

`Deployments(project)` reads every place once (`peek` may give the bytes of files that somebody has read already,
`silent` are source files that are known to tell nothing); `of(...)` gives an application what lies in its own folder
and what the whole repository shares (what lies in the folder of another application is that one's).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property

from dbarchitect.catalog.deployment import ConnectionSettings, Deployment, Sign, WrittenCredential
from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.consulted import Consulted, note_all
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.credentials import credentials
from dbarchitect.sources.deployment.delivery import delivery_signs, testing_workflows
from dbarchitect.sources.deployment.django_connections import django_connections
from dbarchitect.sources.deployment.hosting import host_of, provided_by, serverless_grounds
from dbarchitect.sources.deployment.options import merged
from dbarchitect.sources.deployment.places import Found, find_places
from dbarchitect.sources.deployment.prisma_connections import prisma_connections
from dbarchitect.sources.deployment.prisma_delivery import prisma_signs
from dbarchitect.sources.deployment.purpose import answers_requests, purpose_of, runs_on_devices
from dbarchitect.sources.deployment.python_connections import python_connections
from dbarchitect.sources.deployment.signs import signs_in
from dbarchitect.sources.deployment.telling import telling
from dbarchitect.sources.deployment.text_connections import text_connections
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.python import Evaluator, PythonIndex

__all__ = ["Asked", "Deployments"]

Asked = tuple[Application, tuple[str, ...], tuple[ConfiguredEngine, ...]]

_MOST_CONNECTIONS = 200
_OF_ANOTHER = {
    "django": {"prisma"},
    "prisma": {"django", "flask-sqlalchemy", "sqlalchemy"},
    "sqlalchemy": {"django", "prisma"},
}


class Deployments:
    """The places of a project, read once for all of its applications."""

    def __init__(
        self,
        project: Project,
        index: PythonIndex | None = None,
        *,
        peek: Callable[[SourceFile], bytes | None] | None = None,
        silent: Collection[str] = (),
    ) -> None:
        self.project = project
        self.index = index
        self.peek = peek or SourceFile.peek
        self._silent = silent
        self._known: dict[Asked, tuple[Deployment, Consulted]] = {}

    def know(self, told: Mapping[Asked, Deployment], log: Consulted) -> None:
        """Take what another process told of applications, and what it looked at for that."""
        self._known.update((asked, (deployment, log)) for asked, deployment in told.items())

    def of(self, application: Application, others: Sequence[str], engines: Sequence[ConfiguredEngine]) -> Deployment:
        """What the project tells of one application; `others` are the folders of the project's other ones."""
        known = self._known.get((application, tuple(others), tuple(engines)))
        if known is None:
            return self._of(application, others, engines)
        note_all(known[1])
        return known[0]

    def _of(self, application: Application, others: Iterable[str], engines: Iterable[ConfiguredEngine]) -> Deployment:
        folders = [folder for folder in others if folder not in {"", "."}]
        mine = application.path

        def is_mine(path: str | None) -> bool:
            if path is None:
                return True
            owner = max((f for f in (*folders, mine) if path.startswith(f"{f}/")), key=len, default=None)
            return owner is None or owner == mine

        found = tuple(f for f in self.telling if is_mine(f.path))
        framework = application.framework
        host = host_of(engines, found)
        purpose, grounds = purpose_of(found, framework=framework, has_settings=self._has_settings(is_mine))
        signs: list[Sign] = [s for s in self.signs if is_mine(s.origin.path)]
        signs.extend(delivery_signs(found, self.project, framework=framework))
        if framework == "prisma":
            signs.extend(prisma_signs(found, (f for f in self._schemas if is_mine(f.path))))
        if host is not None:
            signs.extend(provided_by(*host))
        foreign = _OF_ANOTHER.get(framework or "", set())
        return Deployment(
            tuple(c for c in self.connections if is_mine(c.origin.path) and c.client not in foreign)[
                :_MOST_CONNECTIONS
            ],
            tuple(c for c in self.credentials if is_mine(c.origin.path)),
            tuple(dict.fromkeys(signs)),
            tuple(sorted(Counter(f.kind for f in self.found if is_mine(f.path)).items())),
            host[0] if host is not None else None,
            purpose,
            grounds,
            tuple(serverless_grounds(found)),
            tuple(testing_workflows(found)),
            (answers_requests(found) or framework == "django") and not runs_on_devices(self.found, mine),
            runs_on_devices(self.found, mine),
        )

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """Every file of a kind that tells something."""
        return find_places(self.project)

    @cached_property
    def telling(self) -> tuple[Found, ...]:
        """Those of them that hold a word which may tell something."""
        return tuple(telling(self.found, self.peek, self._silent))

    @cached_property
    def signs(self) -> tuple[Sign, ...]:
        """The signs of all files."""
        return tuple(signs_in(self.telling))

    @cached_property
    def connections(self) -> tuple[ConnectionSettings, ...]:
        """Every place that says how to connect."""
        return merged(
            (
                *django_connections(self._evaluator),
                *python_connections(self._evaluator),
                *prisma_connections(self._schemas),
                *text_connections(self.telling),
            )
        )

    @cached_property
    def _schemas(self) -> tuple[Found, ...]:
        """Prisma's schema files."""
        return tuple(Found(file, places.CODE) for file in self.project.by_suffix(".prisma"))

    @cached_property
    def credentials(self) -> tuple[WrittenCredential, ...]:
        """Every password that stands in the repository."""
        unique = {(c.origin.path, c.origin.line, c.what): c for c in credentials(self.telling, self._evaluator)}
        return tuple(unique.values())

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self.index if self.index is not None else PythonIndex(self.project))

    def _has_settings(self, is_mine: Callable[[str | None], bool]) -> bool:
        return any(c.client == "django" and is_mine(c.origin.path) for c in self.connections)
