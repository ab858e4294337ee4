"""What Daphne serves: static files straight from disk, pages by Django; sockets join here."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelens_site.settings")

django_application = get_asgi_application()

from safelens_site.static import StaticFiles  # noqa: E402  (needs the settings)

application = ProtocolTypeRouter({"http": StaticFiles(django_application)})
