"""The two doors of single sign-on, so that a provider that is down or misconfigured is one sentence."""

import logging

from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

logger = logging.getLogger(__name__)


def log_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        answer: HttpResponse = views.login(request, provider_id)
    except (RequestException, KeyError) as error:
        return _failed(request, error)
    return answer


def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        answer: HttpResponse = views.callback(request, provider_id)
    except (RequestException, KeyError) as error:
        return _failed(request, error)
    return answer


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("The provider of single sign-on does not answer as it should: %r", error)
    return render(request, "socialaccount/authentication_error.html", status=502)
