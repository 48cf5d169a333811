from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "server.backoffice"
    label = "backoffice"
    verbose_name = "Bureau"
