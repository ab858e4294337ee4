from django.conf import settings

# An engine as a process of its own needs a database and a bus that processes share.
collect_ignore = [] if settings.DATABASE_URL and settings.REDIS_URL else ["test_runengine.py"]
