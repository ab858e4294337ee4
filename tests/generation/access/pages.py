"""Two views under one roof: one that programs may call, and one that they may not."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from generation.access.bearer import accepts_tokens


@accepts_tokens
def open_to_programs(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


@accepts_tokens
async def open_to_programs_asynchronously(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(await request.auser()))


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


urlpatterns = [
    path("api", open_to_programs),
    path("async", open_to_programs_asynchronously),
    path("page", page),
    path("", page, name="home"),
    path("accounts/", include("allauth.urls")),  # what the error pages link to
]
