from django.contrib import admin
from django.urls import include, path

from frontend.views import branches, guests, lens, presets, shared, shares, single_sign_on, studies, tokens
from frontend.views.health import healthz, readyz
from frontend.views.home import home
from frontend.views.metrics import metrics

urlpatterns = [
    path("", home, name="home"),
    path("studies/", studies.study_list, name="studies"),
    path("studies/<str:study>/", lens.study, name="study"),
    path("studies/<str:study>/tree.json", lens.study_tree, name="study_tree"),
    path("studies/<str:study>/delete-branch", branches.delete_branch, name="delete_branch"),
    path("studies/<str:study>/restore-branch", branches.restore_branch, name="restore_branch"),
    path("studies/<str:study>/favourite", branches.favourite, name="favourite"),
    path("studies/<str:study>/seen", branches.seen, name="seen"),
    path("studies/<str:study>/edit/", studies.edit, name="study_edit"),
    path("studies/<str:study>/rename/", studies.rename, name="study_rename"),
    path("studies/<str:study>/tag/", studies.add_tag, name="study_tag"),
    path("studies/<str:study>/untag/", studies.remove_tag, name="study_untag"),
    path("studies/<str:study>/archive/", studies.archive, name="study_archive"),
    path("studies/<str:study>/unarchive/", studies.unarchive, name="study_unarchive"),
    path("studies/<str:study>/delete/", studies.delete, name="study_delete"),
    path("studies/<str:study>/restore/", studies.restore, name="study_restore"),
    path("studies/<str:study>/share/", shares.share, name="study_share"),
    path("presets/", presets.presets, name="presets"),
    path("shares/", shares.listing, name="shares"),
    path("shares/<str:share>/revoke/", shares.revoke, name="share_revoke"),
    path("shared/<str:token>/", shared.page, name="shared"),
    path("shared/<str:token>/tree.json", shared.tree, name="shared_tree"),
    path("shared/<str:token>/runs/<str:run>.json", shared.run, name="shared_run"),
    path("audit/", include("frontend.views.audit_urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("accounts/tokens/", tokens.listing, name="tokens"),
    path("accounts/tokens/<int:token>/revoke/", tokens.revoke, name="token_revoke"),
    path("guests/", guests.come_in, name="guest"),
    path("accounts/signup/", guests.SignUp.as_view(), name="account_signup"),
    path("accounts/login/", guests.LogIn.as_view(), name="account_login"),
    path("accounts/oidc/<str:provider_id>/login/", single_sign_on.log_in),
    path("accounts/oidc/<str:provider_id>/login/callback/", single_sign_on.come_back),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
