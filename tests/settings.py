"""The site's settings for tests: a data directory of their own, whatever the person's environment says.

DATABASE_URL and REDIS_URL count, so that the same suite runs on PostgreSQL and Redis.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for name in list(os.environ):
    if name == "SAFELENS_TEST_MODELS":  # where pre-trained models for the engine's tests lie
        continue
    if name.startswith("SAFELENS_") or name in ("HOST", "PORT", "HF_TOKEN", "SECRET_KEY"):
        del os.environ[name]

data = tempfile.mkdtemp(prefix="safelens-tests-")
atexit.register(shutil.rmtree, data, ignore_errors=True)
os.environ |= {
    "SAFELENS_DATA": data,
    "SECRET_KEY": "for tests alone, and as long as a real secret key has to be",
}

from safelens_site.settings import *  # noqa: E402, F403
from safelens_site.settings import CACHES, DATABASES, STORAGES  # noqa: E402

if not os.environ.get("DATABASE_URL"):
    # A file, not memory: threads see one database, and locking is the real one.
    DATABASES["default"]["TEST"] = {"NAME": Path(data) / "test.sqlite3"}
# In the process, so that a test may clear it: on Redis that would wipe what is not the tests' own.
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
