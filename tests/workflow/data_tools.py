"""Drives the data steps (plan, survey, convert, assemble) as the state machine does, on a dataset of this disk."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from cloud_tools import Cloud

from labelmill.source.packed import name_of_archive
from labelmill_aws.messages import AnnotationRef, DatasetSource, Job, LooseSource, MapRef, ObjectRef, PackedSource
from labelmill_aws.objects.object_store import Bucket
from labelmill_aws.records.annotation import Annotation, now_text
from labelmill_aws.steps.assemble import AssembleAnnotation, AssembleAnswer, Assembler
from labelmill_aws.steps.convert import ConvertShard, ShardConverter
from labelmill_aws.steps.plan import PlanAnswer, Planner
from labelmill_aws.steps.survey import SurveyShard, SurveyStep

Archives = dict[str, tuple[str, bytes]]
MOST_PLANS = 6


@dataclass
class Run:
    """One job on one dataset.

    Attributes:
        lose: Tells the lines of the manifest whose shard fails.
        plans: What the plan answered, each time.
        answers: What was assembled, by format.
    """

    cloud: Cloud
    job: Job
    shard_images: int = 2
    shard_bytes: int = 1 << 30
    lose: Callable[[ConvertShard], bool] = lambda line: False
    plans: list[PlanAnswer] = field(default_factory=list)
    answers: dict[str, AssembleAnswer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clients = self.cloud.clients
        self.outbox = Bucket(clients.s3, self.cloud.outbox)
        self.planner = Planner(clients.s3, self.outbox, shard_images=self.shard_images, shard_bytes=self.shard_bytes)
        self.converter = ShardConverter(clients.s3, self.outbox, self.cloud.store, self.cloud.log)
        self.assembler = Assembler(self.outbox, self.cloud.store, self.cloud.log)

    def run(self) -> Run:
        """Do all steps."""
        for _ in range(MOST_PLANS):
            plan = self.plan()
            if plan.survey:
                for line in self.manifest(plan, SurveyShard):
                    SurveyStep(self.cloud.clients.s3, self.outbox).run(line)
                continue
            self.convert(plan)
            self.assemble(plan)
            if not any(answer.status == "replan" for answer in self.answers.values()):
                return self
        raise AssertionError("planned for ever")

    def plan(self) -> PlanAnswer:
        plan = self.planner.plan(self.job, self.plans[-1].surveyed if self.plans else {})
        self.plans.append(plan)
        return plan

    def convert(self, plan: PlanAnswer) -> None:
        for line in self.manifest(plan, ConvertShard):
            if not self.lose(line):
                self.converter.convert(line)

    def assemble(self, plan: PlanAnswer) -> None:
        for ref in self.job.annotations:
            self.answers[ref.format] = self.assembler.assemble(AssembleAnnotation(plan.job_key, ref.id, ref.format))

    def manifest(self, plan: PlanAnswer, kind: Any) -> list[Any]:
        return [msgspec.json.decode(line, type=kind) for line in self.outbox.get(plan.manifest).splitlines()]

    def archives(self) -> Archives:
        """Format -> name and bytes of the download."""
        keys = {name: answer.download_key for name, answer in self.answers.items() if answer.download_key}
        return {name: (key.rpartition("/")[2], self.outbox.get(key)) for name, key in keys.items()}

    def errors(self, format_id: str) -> dict[str, str]:
        """File -> reason, of the list beside the download."""
        folder = self.answers[format_id].download_key.rpartition("/")[0]
        lines = map(json.loads, self.outbox.get(f"{folder}/errors.jsonl").splitlines())
        return {line["file"]: line["reason"] for line in lines}

    def report(self, format_id: str) -> dict[str, Any]:
        folder = self.answers[format_id].download_key.rpartition("/")[0]
        found: dict[str, Any] = json.loads(self.outbox.get(f"{folder}/report.json"))
        return found

    def log(self, format_id: str, level: str = "") -> list[dict[str, Any]]:
        """The lines of a level; all where none is named."""
        lines = self.cloud.lines(self.answers[format_id].annotation)
        return [line for line in lines if level in ("", line["level"])]


def start(
    cloud: Cloud,
    path: Path,
    formats: Iterable[str],
    map_file: Path | None = None,
    options: dict[str, Any] | None = None,
    **how: Any,
) -> Run:
    """Upload a dataset (an archive or a folder) and claim a job for it."""
    name = name_of_archive(path.name)
    source = _loose(cloud, path) if path.is_dir() else _packed(cloud, path)
    job = Job(
        name=f"job-{uuid.uuid4().hex[:20]}-0",
        attempt=0,
        organization="default",
        workspace="ws",
        dataset=name,
        dataset_version="v1",
        source=source,
        map=_map(cloud, map_file) if map_file else None,
        options=options or {},
        annotations=[AnnotationRef(f"an-{uuid.uuid4().hex[:20]}", format_id) for format_id in formats],
        cause="cause",
        asked_by="ann",
    )
    for ref in job.annotations:
        row = Annotation(
            id=ref.id,
            organization="default",
            workspace="ws",
            dataset=name,
            dataset_version="v1",
            format=ref.format,
            execution=job.name,
            created=now_text(),
        )
        cloud.table.put(row.item())
    return Run(cloud, job, **how)


def _packed(cloud: Cloud, path: Path) -> DatasetSource:
    key, data = f"datasets/ws/{path.name}", path.read_bytes()
    answer = cloud.clients.s3.put_object(Bucket=cloud.inbox, Key=key, Body=data)
    # The plain emulator answers a range of a named version with the whole object.
    return PackedSource(cloud.inbox, key, "", answer["ETag"], len(data))


def _loose(cloud: Cloud, folder: Path) -> DatasetSource:
    prefix, lines = f"datasets/ws/{folder.name}/", []
    for path in sorted(folder.glob("*/*")):
        key = f"{prefix}{path.parent.name}/{path.name}"
        answer = cloud.clients.s3.put_object(Bucket=cloud.inbox, Key=key, Body=path.read_bytes())
        size, etag = path.stat().st_size, answer["ETag"].strip('"')
        lines.append({"name": path.name, "size": size, "etag": etag, "folder": path.parent.name})
    listing = f"work/listings/ws/{folder.name}/v1.jsonl"
    cloud.clients.s3.put_object(Bucket=cloud.outbox, Key=listing, Body=msgspec.json.Encoder().encode_lines(lines))
    return LooseSource(cloud.inbox, prefix, ObjectRef(cloud.outbox, listing))


def _map(cloud: Cloud, file: Path) -> MapRef:
    key = f"maps/default/{file.name}"
    version_id = cloud.put(key, file.read_bytes())
    return MapRef(file.stem, cloud.inbox, key, version_id, "v1")
