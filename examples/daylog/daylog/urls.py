from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("journal.api_urls")),
    path("accounts/", include("users.urls")),
    path("", include("journal.urls")),
]
