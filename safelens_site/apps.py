from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "safelens_site"
    verbose_name = "SafeLens"

    def ready(self) -> None:
        from safelens_site import celery, checks  # noqa: F401  (they register themselves)
