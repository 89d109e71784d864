"""The pages that generic views show: the template of each, filled with the rows of the view.

Source: https://docs.djangoproject.com/en/5.2/ref/class-based-views/mixins-multiple-object/
"""

from __future__ import annotations

from dbarchitect.sources.code.python.django.declared import Declared
from dbarchitect.sources.code.python.django.templates import Templates
from dbarchitect.sources.code.python.django.values import QuerySet
from dbarchitect.sources.code.python.values import Function, Instance
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Rows, Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

_ONE = ("DetailView", "UpdateView", "DeleteView")


class ShownPages:
    """Fills the templates of generic views."""

    def __init__(self, declared: Declared, templates: Templates) -> None:
        self.declared = declared
        self.templates = templates

    def of_view(self, cls: ClassDef, queryset: QuerySet, listed: QuerySet | None, site: Site) -> None:
        """Fill the template of a view. `listed` is what a list shows, None where that is not known."""
        model = queryset.draft.model
        interpreter = site.interpreter
        if model is None:
            return
        if self.declared.is_kind(cls, ("ListView",), interpreter):
            if listed is None:
                return
            rows: Value = listed
            names: tuple[str, ...]
            names, ending = ("object_list", "page_obj", f"{model.name.lower()}_list"), "list"
        elif self.declared.is_kind(cls, _ONE, interpreter):
            rows = Rows(model, "django", loaded=queryset.draft.loaded)
            names, ending = ("object", model.name.lower()), "detail"
        else:
            return
        template = next(iter(self.declared.texts(cls, "template_name", interpreter)), None)
        template = template or _usual(model, ending)
        if template is None:
            return
        context = Entries(dict.fromkeys(names, rows), open=True)
        for name in self.declared.texts(cls, "context_object_name", interpreter):
            context.entries[name] = rows
        context.entries.update(self._given(cls, site).entries)
        interpreter.afresh()
        self.templates.shown(template, context, site)

    def _given(self, cls: ClassDef, site: Site) -> Entries:
        """What the view's own `get_context_data` adds."""
        own = site.interpreter.index.attribute(cls, "get_context_data")
        if own is None or not isinstance(own[1], FunctionDef):
            return Entries()
        site.interpreter.afresh()
        found = site.interpreter.run(Function(own[1], Instance(cls)), Arguments(), site)
        return found if isinstance(found, Entries) else Entries()


def _usual(model: MappedModel, ending: str) -> str | None:
    """`shop/order_list.html`, the name that Django looks for by itself."""
    label = (model.label or "").lower()
    app, _, name = label.partition(".")
    return f"{app}/{name}_{ending}.html" if name else None
