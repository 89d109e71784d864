"""What comes from a request as it is: Flask's, Django's, Starlette's, DRF's `request` and its parts."""

from __future__ import annotations

from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import Library, Member, Opaque, Value
from dbarchitect.sources.python.expressions import Name
from dbarchitect.sources.python.statements import FunctionDef, Parameter

_REQUEST = Library("the request")
_RAW = frozenset(
    {"json", "get_json", "args", "form", "values", "data", "body", "GET", "POST", "query_params", "FILES", "files",
     "cookies", "COOKIES", "headers", "path_params", "raw_input", "stream", "get_data"}
)  # fmt: skip
_REQUESTS = frozenset(
    {"flask.request", "quart.request", "bottle.request", "sanic.request", "starlette.requests.Request",
     "fastapi.Request", "django.http.HttpRequest", "rest_framework.request.Request", "aiohttp.web.Request"}
)  # fmt: skip
_NUMBERS = frozenset({"builtins.int", "builtins.float", "uuid.UUID", "uuid.uuid4", "decimal.Decimal"})
_NUMBER_TYPES = frozenset({"int", "float", "bool", "UUID", "uuid.UUID", "Decimal", "date", "datetime"})


class WebVocabulary(Vocabulary):
    """Tells values that come from a request unchecked."""

    name = "web"
    before = ("setup", "initial", "dispatch")  # Django's and DRF's views, at the beginning of a request
    needles = (rb"@\w[\w.]*\.(?:get|post|put|patch|delete|route|api_route|task)\(",)

    def of_name(self, dotted: str, site: Site) -> Value | None:  # noqa: ARG002
        """`flask.request`."""
        return _REQUEST if dotted in _REQUESTS and dotted.endswith(".request") else None

    def instance_of(self, dotted: str, site: Site) -> Value | None:  # noqa: ARG002
        """`request: Request`."""
        return _REQUEST if dotted in _REQUESTS else None

    def parameter(self, function: FunctionDef, parameter: Parameter, site: Site) -> Value | None:  # noqa: ARG002
        """A view's `request`; what is declared to be a number."""
        if isinstance(parameter.annotation, Name) and parameter.annotation.id in _NUMBER_TYPES:
            return Opaque(number=True) if parameter.default is None else None
        return _REQUEST if parameter.name == "request" else None

    @of(Library, Member)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:  # noqa: ARG002
        """`request.json`, `self.request.GET`."""
        if owner is _REQUEST or owner == _REQUEST or (isinstance(owner, Member) and owner.name == "request"):
            return Opaque(raw=True) if name in _RAW else Member(_REQUEST, name)
        return None

    @of(Library)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:  # noqa: ARG002
        """`request.get_json()`; what is converted to a number is no raw input any more."""
        if isinstance(function, Library) and function.name in _NUMBERS:
            return Opaque(number=True)
        return None
