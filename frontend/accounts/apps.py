from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "frontend.accounts"
    label = "accounts"
    verbose_name = "Accounts"
