"""What the steps of the control plane work with, made from a function's settings; each part when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import Generic, TypeVar

from labelmill_aws.clients import Clients
from labelmill_aws.jobs.jobs import Jobs
from labelmill_aws.records.catalog import Catalog
from labelmill_aws.records.job_store import JobStore
from labelmill_aws.records.table import Table
from labelmill_aws.settings import ApiSettings, ConcludeSettings, PurgeSettings, ReceiveSettings
from labelmill_aws.telling.job_log import JobLog
from labelmill_aws.telling.notifications import Notifier
from labelmill_aws.uploads.refusals import Refusals

S = TypeVar("S", ReceiveSettings, ConcludeSettings, ApiSettings, PurgeSettings)


class Services(Generic[S]):
    """The parts, for one function."""

    def __init__(self, clients: Clients, settings: S) -> None:
        self.clients = clients
        self.settings: S = settings

    @cached_property
    def table(self) -> Table:
        """The table."""
        return Table(self.clients.dynamodb, self.settings.table_name)

    @cached_property
    def store(self) -> JobStore:
        """Annotations."""
        return JobStore(self.table)

    @cached_property
    def catalog(self) -> Catalog:
        """Organizations, workspaces, maps, datasets."""
        return Catalog(self.table)

    @cached_property
    def log(self) -> JobLog:
        """The job log."""
        return JobLog(self.clients.logs, self.settings.job_log_group)

    @cached_property
    def notifier(self) -> Notifier:
        """Messages to subscribers."""
        return Notifier(
            self.clients.sns,
            self.clients.events,
            topic_arn=getattr(self.settings, "topic_arn", ""),  # purge tells nobody
            outbox_bucket=self.settings.outbox_bucket,
            log_group=self.settings.job_log_group,
        )

    @cached_property
    def refusals(self) -> Refusals:
        """Saying no to uploads."""
        return Refusals(self.table, self.log, self.notifier)

    def jobs(self, state_machine_arn: str) -> Jobs:
        """Claiming and starting jobs of a state machine."""
        return Jobs(self.store, self.clients.stepfunctions, state_machine_arn)
