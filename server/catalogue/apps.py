from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "server.catalogue"
    label = "catalogue"
    verbose_name = "Catalogue"
