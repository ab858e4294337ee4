from pathlib import PurePath

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend.views.lens import lens


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """For a visitor what SafeLens is, which model it shows, and the door; for the logged in the lens."""
    if request.user.is_authenticated:
        return lens(request, None)
    return render(
        request, "home.html", {"model": model_name(), "signup_open": settings.SAFELENS_SIGNUP == "open"}
    )


def model_name() -> str:
    """What a person calls the model: its Hugging Face name, or a directory's last part. Never a path."""
    model = settings.SAFELENS_MODEL
    if model == settings.SAFELENS_BUNDLED_MODEL:
        return "the bundled sandbox model"
    return PurePath(model).name if PurePath(model).is_absolute() or model.startswith(".") else model
