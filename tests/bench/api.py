"""Measures the HTTP API: how long its function takes to be imported, and its reads over the emulator's own overhead.

Then the pages of a long list. Run as ``python tests/bench/api.py [--json]``. Both sides of a ratio are taken in one
run, in turns, as the machine is never as quiet twice.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labelmill.formats import FORMAT_IDS

ROOT = Path(__file__).resolve().parents[2]
COLD_RUNS = 9
WARM_RUNS = 200
LIST_ROWS = 10_000
CALL = (
    "import importlib.util, os, time; os.environ['POWERTOOLS_METRICS_NAMESPACE'] = 'labelmill'; "
    "began, used = time.perf_counter(), time.process_time(); "
    "spec = importlib.util.spec_from_file_location('handler', 'functions/api/handler.py'); "
    "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module); module.api(); "
    "print(time.perf_counter() - began, time.process_time() - used)"
)


def cold_import() -> dict[str, float]:
    """Milliseconds from a fresh interpreter to a function that is ready to be called, bytecode being there."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers/core/python")}
    times = []
    for _ in range(COLD_RUNS):
        done = subprocess.run(
            [sys.executable, "-c", CALL], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        times.append(tuple(float(text) * 1000 for text in done.stdout.split()))
    walls, cpus = zip(*times, strict=True)
    return {"best_ms": min(walls), "median_ms": statistics.median(walls), "cpu_ms": statistics.median(cpus)}


def p95(times: list[float]) -> float:
    """Of seconds, in milliseconds."""
    return statistics.quantiles(times, n=20)[-1] * 1000


def in_turns(calls: dict[str, Callable[[], object]], runs: int = WARM_RUNS) -> dict[str, float]:
    """The p95 of several calls, taken in turns, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(runs):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - began)
    return {name: p95(taken) for name, taken in times.items()}


def warm_reads() -> dict[str, Any]:
    """The p95 of reads through the local cloud, over the emulator's own overhead.

    That is a request which the gateway answers by itself, and the very calls to the table that the read makes, sent
    from here: sockets, gateway and table are the emulator's, what comes on top is ours and the runtime's.
    """
    from infra.local.cloud import LocalCloud

    with LocalCloud() as cloud:
        token, base = cloud.token(), cloud.api_url

        def get(path: str, *, signed: bool = True) -> Callable[[], object]:
            headers = {"Authorization": f"Bearer {token}"} if signed else {}
            request = urllib.request.Request(f"{base}{path}", headers=headers)

            def call() -> object:
                try:
                    with urllib.request.urlopen(request) as answer:
                        return answer.read()
                except urllib.error.HTTPError as error:
                    return error.read()

            return call

        def post(path: str, body: dict[str, Any]) -> None:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            request = urllib.request.Request(f"{base}{path}", json.dumps(body).encode(), headers)
            urllib.request.urlopen(request).close()

        text = "classes:\n  1: car\nproperties:\n  'True': 1\n"
        for number in range(20):
            post("/v1/organizations/default/maps", {"name": f"m{number}", "file": text})
            post("/v1/organizations/default/workspaces", {"name": f"w{number}", "included_maps": [f"m{number}"]})
        dynamodb, table = cloud.client("dynamodb"), cloud.outputs["TableName"]

        def item(pk: str, sk: str) -> None:
            dynamodb.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)

        def query(pk: str, prefix: str, limit: int = 50) -> None:
            dynamodb.query(
                TableName=table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
                ConsistentRead=True,
                Limit=limit,
            )

        org = "ORG#default"
        table_calls: dict[str, Callable[[], object]] = {
            "me": lambda: None,
            "map": lambda: (item(org, "MAP#m1"), query(org, "WS#")),
            "maps": lambda: (query(org, "MAP#"), query(org, "WS#")),
            "workspace": lambda: item("WS#w1", "WS"),
            "workspaces": lambda: query(org, "WS#"),
            "datasets": lambda: (item("WS#w1", "WS"), query("WS#w1", "DS#"), query("WS#w1", "UP#")),
            "annotations": lambda: (item("WS#w1", "WS"), query("WS#w1", "AN#")),
        }
        gateway = get("/v1/me", signed=False)

        def overhead(name: str) -> Callable[[], object]:
            return lambda: (gateway(), table_calls[name]())

        found = in_turns(
            {
                **{f"{name} overhead": overhead(name) for name in table_calls},
                "me": get("/v1/me"),
                "map": get("/v1/organizations/default/maps/m1"),
                "maps": get("/v1/organizations/default/maps"),
                "workspace": get("/v1/workspaces/w1"),
                "workspaces": get("/v1/organizations/default/workspaces"),
                "datasets": get("/v1/workspaces/w1/datasets"),
                "annotations": get("/v1/workspaces/w1/annotations"),
            }
        )
    values: dict[str, float] = {}
    for name in table_calls:
        taken, overhead = found[name], found[f"{name} overhead"]
        values |= {f"{name} p95_ms": taken, f"{name} over_ms": taken - overhead, f"{name} ratio": taken / overhead}
    return values


def long_list() -> dict[str, Any]:
    """Milliseconds of the pages of a workspace's annotations, all of them one after the other."""
    from infra.local.cloud import LocalCloud

    from labelmill_aws.records.annotation import Annotation
    from labelmill_aws.records.table import Table

    found: dict[str, Any] = {"annotations": LIST_ROWS}
    with LocalCloud() as cloud:
        table, token = Table(cloud.client("dynamodb"), cloud.outputs["TableName"]), cloud.token()
        headers = {"Authorization": f"Bearer {token}"}
        body = json.dumps({"name": "long"}).encode()
        path = f"{cloud.api_url}/v1/organizations/default/workspaces"
        urllib.request.urlopen(urllib.request.Request(path, body, headers | {"Content-Type": "application/json"}))

        def put(number: int) -> None:
            annotation = Annotation(
                id=f"an-{number:020x}",
                organization="default",
                workspace="long",
                dataset=f"d{number % 500}",
                dataset_version="0" * 16,
                format=FORMAT_IDS[number % len(FORMAT_IDS)],
                map="toys",
                map_version="0" * 16,
                status="complete",
                images=1000,
                converted=1000,
                created=f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}Z",
                asked_by="upload",
                download_key="annotations/long/" + "x" * 80,
            )
            table.put(annotation.item())

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, range(LIST_ROWS)))
        for limit, query in ((50, ""), (200, ""), (50, "&format=YOLO"), (50, "&status=failed")):
            times, cursor, items = [], "", 0
            while cursor is not None:
                url = f"{cloud.api_url}/v1/workspaces/long/annotations?limit={limit}{query}{cursor}"
                began = time.perf_counter()
                with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                    page = json.load(answer)
                times.append(time.perf_counter() - began)
                items += len(page["items"])
                cursor = f"&cursor={page['next']}" if page["next"] else None
            name = f"limit={limit}{query}"
            found[f"{name} items"], found[f"{name} pages"] = items, len(times)
            found[f"{name} median_ms"] = statistics.median(times) * 1000
            found[f"{name} p95_ms"], found[f"{name} most_ms"] = p95(times), max(times) * 1000
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--cold", action="store_true", help="measure the import only")
    parser.add_argument("--list", action="store_true", help="measure a long list only")
    wanted = parser.parse_args()
    found = {"cold_import": cold_import()} if wanted.cold or not wanted.list else {}
    if not wanted.cold and not wanted.list:
        found["warm_reads"] = warm_reads()
    if not wanted.cold:
        found["long_list"] = long_list()
    if wanted.json:
        print(json.dumps(found))
        return 0
    for group, values in found.items():
        print(group.replace("_", " "))
        for name, value in values.items():
            print(f"  {name:34}{value:10.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
