from django.conf import settings

# What only Redis can do: go away, and come back empty. The production suite has one.
collect_ignore = [] if settings.REDIS_URL else ["test_redis_away.py"]
