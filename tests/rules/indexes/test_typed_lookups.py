"""What people type at a command line is a remark; what a scheduler runs by time is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.indexes.unindexed_filter_column import UnindexedFilterColumn
from dbarchitect.sources.opened import survey_path

FILES = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config")\n',
    "config.py": 'INSTALLED_APPS = ["shop"]\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'
    'ROOT_URLCONF = "shop.urls"\n',
    "shop/__init__.py": "",
    "shop/models.py": (
        "from django.db import models\n\n\n"
        "class Site(models.Model):\n"
        "    label = models.CharField(max_length=80)\n"
        "    due_at = models.DateTimeField()\n"
        "    created_at = models.DateTimeField(auto_now_add=True)\n"
        "    parent = models.ForeignKey('Site', on_delete=models.CASCADE)\n"
    ),
    "shop/views.py": (
        "from django.http import JsonResponse\nfrom django.utils import timezone\nfrom shop.models import Site\n\n\n"
        "def make(request):\n"
        "    Site.objects.create(label=request.POST['label'], due_at=timezone.now())\n"
        "    return JsonResponse({})\n"
    ),
    "shop/urls.py": "from django.urls import path\nfrom shop.views import make\nurlpatterns = [path('', make)]\n",
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
}
COMMAND = (
    "from django.core.management.base import BaseCommand\n"
    "from django.utils import timezone\n"
    "from shop.models import Site\n\n\n"
    "class Command(BaseCommand):\n"
    "    def handle(self, *args, **options):\n"
    "        for label in options['sites']:\n"
    "            print(Site.objects.get({0}))\n"
)


@pytest.mark.parametrize(
    ("condition", "level"),
    [("label=label", Level.INFO), ("due_at__lt=timezone.now()", None)],
    ids=["typed", "by time"],
)
def test_how_much_a_command_tells(tmp_path: Path, condition: str, level: Level | None) -> None:
    commands = {
        f"shop/management/commands/{name}.py": COMMAND.format(condition) for name in ("one", "two", "three", "four")
    }
    for path, text in {**FILES, **commands}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (survey,) = survey_path(tmp_path)
    assert [finding.level for finding in UnindexedFilterColumn().detect(survey)] == [level]
