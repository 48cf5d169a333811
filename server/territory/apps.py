from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "server.territory"
    label = "territory"
    verbose_name = "Territoire"
