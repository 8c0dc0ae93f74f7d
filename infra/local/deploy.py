"""Bring a synthesized stack into the emulator as ``cdk deploy`` brings it to AWS: assets first, then CloudFormation."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local.assets import Asset, asset_bytes, read_assets
from infra.local.refusals import refused

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
LIMIT_S = 120.0

Clients = Callable[[str], Any]


class DeployError(Exception):
    """The stack could not be made; the message names each resource that failed and why."""


def stack_names(assembly: Path) -> list[str]:
    """Answer the names of the stacks in a cloud assembly.

    Raises:
        DeployError: If ``assembly`` is none.
    """
    try:
        manifest = json.loads((assembly / "manifest.json").read_text())
    except OSError as error:
        raise DeployError(f"{assembly}: expected a cloud assembly with manifest.json: {error.strerror}") from error
    artifacts = manifest.get("artifacts", {}).items()
    return [name for name, artifact in artifacts if artifact["type"] == "aws:cloudformation:stack"]


def deploy(client: Clients, assembly: Path, stack: str, region: str, cache: Path) -> dict[str, str]:
    """Create or update ``stack`` from its unchanged template.

    Returns:
        The stack's outputs.

    Raises:
        DeployError: If CloudFormation refuses or fails, or AWS would.
    """
    if said := refused(json.loads((assembly / f"{stack}.template.json").read_text())):
        raise DeployError("\n  ".join([f"{stack}: AWS would not take it", *said]))
    account = client("sts").get_caller_identity()["Account"]
    assets = read_assets(assembly, stack, account, region)
    _bootstrap(client, assets)
    for asset in assets:
        client("s3").put_object(Bucket=asset.bucket, Key=asset.key, Body=asset_bytes(asset, cache))
    formation = client("cloudformation")
    template = _template_url(client, assembly, stack, assets)
    request: dict[str, Any] = {"StackName": stack, "TemplateURL": template, "Capabilities": CAPABILITIES}
    try:
        if _status(formation, stack) is None:
            formation.create_stack(**request)
        else:
            formation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeployError(f"{stack}: {error}") from error
    return _wait(formation, stack)


def _template_url(client: Clients, assembly: Path, stack: str, assets: list[Asset]) -> str:
    """Where the template lies after the upload: it is an asset, and may be longer than a request takes."""
    template = assembly / f"{stack}.template.json"
    asset = next((asset for asset in assets if asset.source == template), None)
    if asset is None:  # an assembly that was written by hand
        bucket = assets[0].bucket
        client("s3").put_object(Bucket=bucket, Key=template.name, Body=template.read_bytes())
        asset = Asset(template, False, bucket, template.name)
    return f"{client('s3').meta.endpoint_url}/{asset.bucket}/{asset.key}"


def _bootstrap(client: Clients, assets: list[Asset]) -> None:
    """Make what ``cdk bootstrap`` makes on AWS, as far as a deployment needs it."""
    existing = {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}
    for bucket in {asset.bucket for asset in assets} - existing:
        client("s3").create_bucket(Bucket=bucket)
    client("ssm").put_parameter(Name=BOOTSTRAP_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True)


def _status(formation: Any, stack: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = formation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError:
        return None
    return None if found["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS") else found


def _wait(formation: Any, stack: str) -> dict[str, str]:
    deadline = time.monotonic() + LIMIT_S
    while (status := _status(formation, stack)) and status["StackStatus"].endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployError(f"{stack}: still {status['StackStatus']} after {LIMIT_S:.0f} s")
        time.sleep(0.05)
    if status and status["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return {output["OutputKey"]: output["OutputValue"] for output in status.get("Outputs", [])}
    said = [status.get("StackStatusReason", "")] if status else []
    events = formation.describe_stack_events(StackName=stack)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("FAILED"):
            reason = event.get("ResourceStatusReason", "no reason given")
            said.append(f"{event['LogicalResourceId']} ({event.get('ResourceType')}): {reason}")
    state = status["StackStatus"] if status else "gone"
    raise DeployError("\n  ".join([f"{stack}: {state}", *filter(None, said)]))
