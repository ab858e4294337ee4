from pathlib import PurePath

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend import modules, recording
from frontend.examples import EXAMPLES
from frontend.views.lens import lens
from generation.model_state import model_state
from generation.worker import start


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """For a visitor a run that plays, examples, the model and the doors; for the logged in the lens."""
    if request.user.is_authenticated:
        return lens(request, None)
    context = {
        "model": model_name(),
        "state": model_state(),
        "signup_open": settings.SAFELENS_SIGNUP == "open",
        "guests": settings.SAFELENS_GUESTS,
        "examples": EXAMPLES,
        "recording": recording.recorded(),
        "import_map": modules.import_map(),
        "modules": modules.addresses("home/home.js"),
    }
    return render(request, "home.html", context)


@require_safe
@never_cache
def state(request: HttpRequest) -> JsonResponse:
    """How the model stands. Each page with a model on it asks once it is there, and while it waits."""
    start.read_ahead()
    return JsonResponse({"model": model_name(), "state": model_state()})


def model_name() -> str:
    """What a person calls the model: its Hugging Face name, or a directory's last part. Never a path."""
    model = settings.SAFELENS_MODEL
    if model == settings.SAFELENS_BUNDLED_MODEL:
        return "the bundled sandbox model"
    return PurePath(model).name if PurePath(model).is_absolute() or model.startswith(".") else model
