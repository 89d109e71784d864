from django.urls import path
from rest_framework.routers import DefaultRouter

from . import views

router = DefaultRouter()
router.register("entries", views.JournalEntryViewSet, basename="entry")
router.register("tags", views.TagViewSet, basename="tag")
urlpatterns = [path("public/", views.public), path("export/", views.export), *router.urls]
