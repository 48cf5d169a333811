from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "server.content"
    label = "content"
    verbose_name = "Contenu"
