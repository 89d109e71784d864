from django.urls import path

from . import views

urlpatterns = [
    path("", views.EntryList.as_view(), name="entries"),
    path("entries/new/", views.EntryCreate.as_view(), name="new-entry"),
    path("entries/<uuid:pk>/", views.EntryDetail.as_view(), name="entry"),
    path("entries/<uuid:pk>/edit/", views.EntryUpdate.as_view(), name="edit-entry"),
    path("entries/<uuid:pk>/delete/", views.EntryDelete.as_view(), name="delete-entry"),
    path("entries/<uuid:pk>/public/", views.toggle_public, name="toggle-public"),
    path("months/<int:year>/<int:month>/", views.month, name="month"),
    path("stats/", views.stats, name="stats"),
    path("tags/", views.TagList.as_view(), name="tags"),
    path("tags/<uuid:pk>/", views.TagUpdate.as_view(), name="edit-tag"),
    path("tags/<uuid:pk>/delete/", views.TagDelete.as_view(), name="delete-tag"),
    path("public/", views.public_entries, name="public"),
    path("public/by/<str:username>/", views.public_of, name="public-of"),
    path("public/<uuid:pk>/", views.public_entry, name="public-entry"),
]
