from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.generic import CreateView, UpdateView

from .forms import AccountForm, SignUpForm


class SignUp(CreateView):
    form_class = SignUpForm
    template_name = "users/sign_up.html"
    success_url = reverse_lazy("entries")

    def form_valid(self, form):
        response = super().form_valid(form)
        login(self.request, self.object)
        return response


class Account(LoginRequiredMixin, UpdateView):
    form_class = AccountForm
    template_name = "users/account.html"
    success_url = reverse_lazy("account")

    def get_object(self, queryset=None):
        return self.request.user

    def form_valid(self, form):
        messages.success(self.request, "Saved.")
        return super().form_valid(form)


@login_required
def delete_account(request):
    if request.method == "POST":
        user = request.user
        logout(request)
        user.delete()
        return redirect("login")
    return render(request, "users/delete_account.html")
