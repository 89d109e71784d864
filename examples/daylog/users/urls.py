from django.contrib.auth import views as auth_views
from django.urls import path

from . import views

urlpatterns = [
    path("sign-up/", views.SignUp.as_view(), name="sign-up"),
    path("log-in/", auth_views.LoginView.as_view(), name="login"),
    path("log-out/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/", views.Account.as_view(), name="account"),
    path("account/delete/", views.delete_account, name="delete-account"),
]
