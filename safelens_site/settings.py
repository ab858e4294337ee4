"""Every setting, flat, read from the environment (see `env.py` for how a bad value ends the start).

The embedded form (SQLite, everything in one process) unless DATABASE_URL and REDIS_URL are set.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from safelens_site import database, env, mail, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs
DATA_DIR = Path(
    env.text("SAFELENS_DATA", str(BASE_DIR / "var"), shown="var", help="Where the database and files live.")
).absolute()
HOST = env.text("HOST", "127.0.0.1", help="IPv4 address to listen on; 0.0.0.0 is all of them.")
PORT = env.integer("PORT", 8000, 0, 65535, help="Port that the web server listens on; 0 takes a free one.")
SAFELENS_URL = env.url(
    "SAFELENS_URL",
    "",
    ("http", "https"),
    help="The site's public address. With https:// cookies are secure, and plain HTTP is sent to HTTPS.",
)
DEBUG = env.boolean("SAFELENS_DEBUG", False, help="Show errors in full. For development alone.")
LOG_LEVEL = env.choice(
    "SAFELENS_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"), help="What is logged, and above."
)

# --- Database and bus
DATABASE_URL = env.secret_url(
    "DATABASE_URL",
    ("postgresql", "postgres"),
    help="PostgreSQL: postgresql://user:password@host:5432/name. Not set: SQLite in the data directory.",
)
DATABASE_POOL = env.integer(
    "SAFELENS_DATABASE_POOL", 8, 1, 200, help="Most PostgreSQL connections that one process holds."
)
REDIS_URL = env.secret_url(
    "REDIS_URL",
    ("redis", "rediss"),
    help="Redis, the bus between processes: redis://host:6379/0. Not set: the bus in the process.",
)
EMBEDDED = not DATABASE_URL and not REDIS_URL
DATABASES = {
    "default": database.postgresql(DATABASE_URL, DATABASE_POOL)
    if DATABASE_URL
    else database.sqlite(DATA_DIR / "safelens.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "safelens",
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "safelens"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
DAY = 24 * 3600.0  # seconds
CELERY_BEAT_SCHEDULE = {  # in the embedded form `frontend.serving.timer` keeps to it
    "purge": {"task": "frontend.tasks.purge", "schedule": 3600.0},
    "audit head": {"task": "guard.audit.tasks.log_head", "schedule": DAY},
    "audit verification": {"task": "guard.audit.tasks.verify_chain", "schedule": 7 * DAY},
}

# --- Who gets in
SECRET_KEY = env.secret(
    "SECRET_KEY",
    shown="made once, in the embedded form",
    help="Signs log-ins and reset links: 50 random characters or more. Needed with DATABASE_URL, REDIS_URL.",
)
if not SECRET_KEY and EMBEDDED:
    SECRET_KEY = secret_key.kept_in(DATA_DIR)
if not SECRET_KEY:
    env.stop("SECRET_KEY must be set to 50 random characters or more when DATABASE_URL or REDIS_URL is set.")

EXTRA_HOSTS = env.listing("SAFELENS_HOSTS", help="More host names under which the site may be asked.")
SITE = urlsplit(SAFELENS_URL)
ALLOWED_HOSTS = [name for name in ("localhost", "127.0.0.1", HOST, SITE.hostname, *EXTRA_HOSTS) if name]
HTTPS = SITE.scheme == "https"
CSRF_TRUSTED_ORIGINS = [SAFELENS_URL] if SAFELENS_URL else []
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "safelens_session", "safelens_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.integer(
    "SAFELENS_HSTS_SECONDS",
    31_536_000,
    0,
    63_072_000,
    help="How long browsers keep to an HTTPS site.",
) * int(HTTPS)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer(
    "SAFELENS_PROXIES",
    0,
    0,
    9,
    help="Reverse proxies in front, which set X-Forwarded-For and -Proto.",
)
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Subdomains and browsers' preload lists are the owner's decision, not this program's.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Accounts
SAFELENS_SIGNUP = env.choice(
    "SAFELENS_SIGNUP", "open", ("open", "closed"), help="Whether people may make accounts for themselves."
)
SAFELENS_GUESTS = env.boolean(
    "SAFELENS_GUESTS",
    EMBEDDED,
    shown="yes in the embedded form, else no",
    help="Whether people may try SafeLens without an account.",
)
SAFELENS_GUEST_DAYS = env.integer(
    "SAFELENS_GUEST_DAYS", 7, 1, 365, help="Days after which a guest who didn't sign up is removed."
)
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL = "account_login", "home"
ACCOUNT_ADAPTER = "frontend.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "frontend.accounts.forms.LoginForm",
    "signup": "frontend.accounts.forms.SignupForm",
    "change_password": "frontend.accounts.forms.ChangePasswordForm",
    "set_password": "frontend.accounts.forms.SetPasswordForm",
    "reset_password": "frontend.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "frontend.accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "frontend.accounts.forms.ReauthenticateForm",
    "add_email": "frontend.accounts.forms.EmailForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "SafeLens: "
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_USERNAME_BLACKLIST = ["root", "safelens", "guest", "anonymous", "system"]
# A class logs in from one address in one minute; what guesses passwords is held by `login_failed`.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "20/10m/ip,5/5m/key",
    "signup": "20/10m/ip",
    "guest": "30/h/ip",
}
MFA_ADAPTER = "frontend.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "frontend.accounts.forms.CodeForm",
    "reauthenticate": "frontend.accounts.forms.CodeAgainForm",
    "activate_totp": "frontend.accounts.forms.FirstCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "SafeLens"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # two accounts may claim one address: none locks the other out

OIDC_URL = env.url(
    "SAFELENS_OIDC_URL",
    "",
    ("https", "http"),
    help="Single sign-on: the issuer of the OpenID Connect provider.",
)
OIDC_NAME = env.text("SAFELENS_OIDC_NAME", "single sign-on", help="What the log-in button calls it.")
OIDC_CLIENT_ID = env.text("SAFELENS_OIDC_CLIENT_ID", help="The client id that the provider gave out.")
OIDC_CLIENT_SECRET = env.secret("SAFELENS_OIDC_CLIENT_SECRET", help="The client secret that belongs to it.")
SOCIALACCOUNT_ADAPTER = "frontend.accounts.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_FORMS = {"signup": "frontend.accounts.forms.SingleSignOnSignupForm"}
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SIGN_ON: dict[str, Any] = {"OAUTH_PKCE_ENABLED": True, "APPS": []}
SOCIALACCOUNT_PROVIDERS = {"openid_connect": SIGN_ON}
if OIDC_URL:
    SIGN_ON["APPS"].append(
        {
            "provider_id": "sso",
            "name": OIDC_NAME,
            "client_id": OIDC_CLIENT_ID,
            "secret": OIDC_CLIENT_SECRET,
            "settings": {"server_url": OIDC_URL},
        }
    )

# --- Mail
MAIL_URL = env.secret_url(
    "SAFELENS_MAIL_URL",
    mail.SCHEMES,
    help="Mail server: smtp+tls://user:password@host:587. Not set: mail is printed on the console.",
)
DEFAULT_FROM_EMAIL = env.text(
    "SAFELENS_MAIL_FROM", "SafeLens <safelens@localhost>", help="The sender of the site's mail."
)
globals().update(mail.settings_from(MAIL_URL))

# --- Model and engine
SAFELENS_BUNDLED_MODEL = str(BASE_DIR / "generation" / "sandbox" / "model")
SAFELENS_BUNDLED_GUARD = str(BASE_DIR / "generation" / "sandbox" / "guard")
SAFELENS_MODEL = env.text(
    "SAFELENS_MODEL",
    SAFELENS_BUNDLED_MODEL,
    shown="the bundled sandbox model",
    help="The model: its Hugging Face name, or a directory.",
)
SAFELENS_DTYPE = env.choice(
    "SAFELENS_DTYPE", "auto", ("auto", "float32", "bfloat16", "float16"), help="Precision of the weights."
)
SAFELENS_DEVICE = env.matching(
    "SAFELENS_DEVICE",
    "auto",
    r"auto|cpu|cuda(:[0-9]{1,2})?",
    "auto, cpu, cuda or cuda:N",
    help="What computes.",
)
SAFELENS_THREADS = env.integer_or_auto("SAFELENS_THREADS", 1, 1024, help="Processor threads for the engine.")
SAFELENS_CACHE_BYTES = env.size(
    "SAFELENS_CACHE_BYTES", "1 GiB", help="Memory for kept prefixes, from which branches start at once."
)
SAFELENS_ROWS_BYTES = env.size(
    "SAFELENS_ROWS_BYTES", "4 GiB", help="Memory for the runs being generated; at times twice as much."
)
SAFELENS_MAX_RUNS = env.integer("SAFELENS_MAX_RUNS", 32, 1, 4096, help="Most runs in one batch.")
SAFELENS_PREFILL_TOKENS = env.integer(
    "SAFELENS_PREFILL_TOKENS",
    0,
    0,
    1_000_000,
    help="Prompt tokens read in a step; 0: the engine decides.",
)
SAFELENS_DETERMINISTIC = env.boolean(
    "SAFELENS_DETERMINISTIC",
    False,
    help="The same numbers to the last bit in any batch; slower.",
)
SAFELENS_COMPILE = env.boolean(
    "SAFELENS_COMPILE", False, help="Compile the feed-forward layers: slow to load; measure whether it pays."
)
SAFELENS_INT8 = env.boolean(
    "SAFELENS_INT8",
    False,
    help="Weights in 8 bits: a quarter of the memory, less exact, slower on a processor.",
)
SAFELENS_GRACE = env.integer(
    "SAFELENS_GRACE", 20, 0, 3600, help="Seconds that an engine which is asked to stop goes on with its runs."
)
SAFELENS_LEASE = env.integer(
    "SAFELENS_LEASE", 20, 2, 3600, help="Seconds of silence until others take over an engine's runs."
)
SAFELENS_ENGINE_URL = env.url(
    "SAFELENS_ENGINE_URL",
    "",
    ("http", "https"),
    help="An SGLang or vLLM server that computes the model, instead of this machine.",
)
SAFELENS_ENGINE_KEY = env.secret("SAFELENS_ENGINE_KEY", help="The key that this server asks for.")
HF_TOKEN = env.secret("HF_TOKEN", help="Hugging Face token, for models that ask for one.")

# --- Metrics
SAFELENS_METRICS_PORT = env.integer(
    "SAFELENS_METRICS_PORT", 0, 0, 65535, help="Port on HOST where an engine exports its metrics; 0: none."
)
SAFELENS_SCRAPE_TOKEN = env.secret(
    "SAFELENS_SCRAPE_TOKEN", help="Bearer token with which another machine's scraper may read /metrics."
)

# --- What one user may do
SAFELENS_USER_IN_FLIGHT = env.integer(
    "SAFELENS_USER_IN_FLIGHT", 64, 1, 100_000, help="Most runs of one user that wait or run at once."
)
SAFELENS_USER_RUNS_PER_HOUR = env.integer(
    "SAFELENS_USER_RUNS_PER_HOUR", 2000, 1, 10_000_000, help="Most runs that one user may start in an hour."
)
SAFELENS_USER_SOCKETS = env.integer(
    "SAFELENS_USER_SOCKETS", 256, 1, 100_000, help="Most sockets of one user that one web process holds."
)
SAFELENS_USER_STORED_STEPS = env.integer(
    "SAFELENS_USER_STORED_STEPS", 10_000_000, 1, 10**12, help="Most steps that one user's studies may hold."
)
SAFELENS_GUEST_IN_FLIGHT = env.integer(
    "SAFELENS_GUEST_IN_FLIGHT", 4, 1, 100_000, help="Most runs of one guest that wait or run at once."
)
SAFELENS_GUEST_RUNS_PER_HOUR = env.integer(
    "SAFELENS_GUEST_RUNS_PER_HOUR", 100, 1, 10_000_000, help="Most runs that one guest may start in an hour."
)
SAFELENS_GUEST_STORED_STEPS = env.integer(
    "SAFELENS_GUEST_STORED_STEPS", 200_000, 1, 10**12, help="Most steps that one guest's studies may hold."
)

# --- Wiring
ROOT_URLCONF = "safelens_site.urls"
ASGI_APPLICATION = "safelens_site.asgi.application"
INSTALLED_APPS = [
    "safelens_site",
    "frontend.apps.FrontendConfig",
    "guard",
    "generation",
    "generation.access",
    "generation.sharing",
    "guard.audit",
    "frontend.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "frontend.presets",
    "frontend.accounts",  # after allauth, whose admin it thins out
]
MIDDLEWARE = [
    "safelens_site.csp.SecurityHeaders",
    "frontend.probes.health_first",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "generation.access.bearer.BearerMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "frontend.accounts.guests.GuestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
PROMETHEUS_METRIC_NAMESPACE = "safelens"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE, TIME_ZONE, USE_TZ, USE_I18N = "en", "UTC", True, True
STATIC_URL = "static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder", "frontend.vendor.Finder"]
STATIC_ROOT = Path(
    env.text(
        "SAFELENS_STATIC", str(DATA_DIR / "static"), shown="static in SAFELENS_DATA", help="Files served."
    )
).absolute()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Its own handler mails administrators; one line on the console is what there is to read.
        "django": {"handlers": [], "propagate": True},
        # What a visitor did wrong (404, 403) is told to the visitor; only our own mistakes are logged.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        # Whatever LOG_LEVEL says: the audit's head belongs into the log.
        "guard.audit.head": {"level": "INFO"},
    },
}
