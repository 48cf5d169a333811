from django.apps import AppConfig
from django.db.backends.signals import connection_created


class LedgerConfig(AppConfig):
    name = "server.ledger"
    label = "ledger"
    verbose_name = "Grand livre"

    def ready(self) -> None:
        from server.durable import watch_standby

        connection_created.connect(watch_standby, dispatch_uid="watch_standby")
