"""The doors of an account as a guest sees them: come in without one, sign up, log in to an older one."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from frontend import first_question
from frontend.accounts import guests


@require_POST
@never_cache
def come_in(request: HttpRequest) -> HttpResponse:
    """A new guest, then on to `next`, or to the lens, which asks `prompt` by itself. Somebody who is logged
    in stays who they are."""
    if not settings.SAFELENS_GUESTS:
        raise Http404
    if not request.user.is_authenticated:
        if not ratelimit.consume(request, action="guest"):
            return render(request, "429.html", status=429)
        guests.begin(request)
        days = settings.SAFELENS_GUEST_DAYS
        messages.info(request, f"You are a guest. Sign up within {days} days, and your studies are kept.")
    first_question.keep(request, request.POST.get("prompt", ""))
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return redirect(target if safe else "home")


class _DoorOfGuests:
    """Shows the form to a guest too, whom the account library takes for logged in already."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if guests.is_guest(request.user):
            setattr(request, "guest", request.user)  # noqa: B010  (HttpRequest declares no such attribute)
            request.user = AnonymousUser()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> Any:
        guest = getattr(self.request, "guest", None)  # type: ignore[attr-defined]
        return super().get_context_data(**kwargs, guest=guest)  # type: ignore[misc]


class SignUp(_DoorOfGuests, views.SignupView):  # type: ignore[misc]  # the library has no types
    pass


class LogIn(_DoorOfGuests, views.LoginView):  # type: ignore[misc]
    pass
