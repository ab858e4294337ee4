"""Addresses of a site whose first page crashes."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the inside")


urlpatterns = [path("", crash, name="home"), path("accounts/", include("allauth.urls"))]
