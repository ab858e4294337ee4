from django.contrib import admin
from django.urls import include, path

from frontend.views import lens, single_sign_on
from frontend.views.health import healthz, readyz
from frontend.views.home import home
from frontend.views.metrics import metrics

urlpatterns = [
    path("", home, name="home"),
    path("studies/", lens.study_list, name="studies"),
    path("studies/<str:study>/", lens.study, name="study"),
    path("studies/<str:study>/tree.json", lens.study_tree, name="study_tree"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("accounts/oidc/<str:provider_id>/login/", single_sign_on.log_in),
    path("accounts/oidc/<str:provider_id>/login/callback/", single_sign_on.come_back),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
