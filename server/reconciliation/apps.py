from django.apps import AppConfig

from server.backoffice.navigation import Entry


def _problems(territory: str) -> int:
    from server.reconciliation.models import CardProblem

    return CardProblem.objects.filter(territory=territory, ended_at=None, explained_at=None).count()


def _reviews(territory: str) -> int:
    from server.reconciliation.models import TransactionCheck

    verdicts = [TransactionCheck.Verdict.UNVERIFIABLE, TransactionCheck.Verdict.WRONG]
    return TransactionCheck.objects.filter(territory=territory, reviewed_at=None, verdict__in=verdicts).count()


def _alarms(territory: str) -> int:
    from server.ledger.models import Alarm

    return Alarm.objects.filter(territory=territory, seen_by="").count()


class ReconciliationConfig(AppConfig):
    name = "server.reconciliation"
    label = "reconciliation"
    verbose_name = "Rapprochement"
    bureau_entries = (
        Entry("reconciliation", "Rapprochement", "Argent", 50, (), _problems),
        Entry("signatures", "Signatures", "Argent", 55, ("signature",), _reviews),
        Entry("alarms", "Alarmes", "Faits", 40, ("alarm",), _alarms),
        Entry("holes", "Trous", "Faits", 30, ("hole",)),
    )
