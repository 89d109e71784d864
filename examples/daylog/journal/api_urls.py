from django.urls import path
from rest_framework.routers import DefaultRouter

from . import api

router = DefaultRouter()
router.register("entries", api.JournalEntryViewSet, basename="api-entry")
router.register("tags", api.TagViewSet, basename="api-tag")
urlpatterns = [
    path("public/", api.public, name="api-public"),
    path("export/", api.export, name="api-export"),
    *router.urls,
]
