import secrets
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from generation.access.bearer import credential


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """This process's series, for Prometheus: on this machine, or with SAFELENS_SCRAPE_TOKEN."""
    if not (_is_local(request) or _has_token(request)):
        return HttpResponseForbidden(
            "Metrics are for this machine, or for SAFELENS_SCRAPE_TOKEN as a bearer token.\n",
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _is_local(request: HttpRequest) -> bool:
    """A proxy on this machine is local too, but who asks through it isn't; nor is a page of somebody else's
    whose name was made to lead here."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")):
        return False
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return False
    try:
        request.get_host()
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except (ValueError, DisallowedHost):
        return False


def _has_token(request: HttpRequest) -> bool:
    given = credential(request.headers.get("Authorization")) or ""
    wanted = settings.SAFELENS_SCRAPE_TOKEN
    return bool(wanted) and secrets.compare_digest(given.encode(), wanted.encode())
