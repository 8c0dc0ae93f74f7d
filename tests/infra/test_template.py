"""What the template promises about safety, and that it agrees with the code that runs in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from infra.components.workflow import ENDINGS, UPLOADS
from infra_template import Template

from labelmill_aws import settings
from labelmill_aws.uploads import inbox

ROOT = Path(__file__).resolve().parents[2]


def test_every_folder_of_a_function_is_deployed(stack: Template) -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert stack.functions().keys() == folders


def test_buckets_are_private_encrypted_and_spoken_to_in_tls(stack: Template) -> None:
    buckets = stack.of_type("AWS::S3::Bucket")
    assert len(buckets) == 2
    policies = {policy["Bucket"]: policy for policy in stack.of_type("AWS::S3::BucketPolicy").values()}
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        statements = policies[f"<{name}>"]["PolicyDocument"]["Statement"]
        conditions = [s["Condition"] for s in statements if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert [s for s in statements if s["Effect"] == "Allow"] == []
        assert stack.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_inbox_keeps_versions_and_tells_of_uploads(stack: Template) -> None:
    _, inbox = stack.one("AWS::S3::Bucket", "StorageInbox")
    assert inbox["VersioningConfiguration"] == {"Status": "Enabled"}
    assert inbox["NotificationConfiguration"]["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}
    rules = {rule["Id"]: rule for rule in inbox["LifecycleConfiguration"]["Rules"]}
    assert rules["abort-unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_the_outbox_forgets_its_work_and_tells_of_nothing(stack: Template) -> None:
    _, outbox = stack.one("AWS::S3::Bucket", "StorageOutbox")
    rules = {rule["Id"]: rule for rule in outbox["LifecycleConfiguration"]["Rules"]}
    assert rules["expire-work"] == {"Id": "expire-work", "Prefix": "work/", "ExpirationInDays": 7, "Status": "Enabled"}
    assert rules["abort-unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "NotificationConfiguration" not in outbox


def test_the_table_is_the_contract(stack: Template) -> None:
    name, table = stack.one("AWS::DynamoDB::Table")
    assert [(k["AttributeName"], k["KeyType"]) for k in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert sorted(indexes) == ["gsi1", "gsi2", "gsi3"]
    for index_name, index in indexes.items():
        assert [key["AttributeName"] for key in index["KeySchema"]] == [f"{index_name}pk", f"{index_name}sk"]
        assert index["Projection"] == {"ProjectionType": "ALL"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert stack.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_no_event_is_lost_without_a_trace(stack: Template) -> None:
    queue, properties = stack.one("AWS::SQS::Queue")
    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    rules = stack.of_type("AWS::Events::Rule")
    assert len(rules) == 2
    for rule in rules.values():
        [target] = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": f"<{queue}.Arn>"}
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    # EventBridge hands over to Lambda's own queue, so a function that fails needs one too.
    for name in ("conclude", "purge"):
        assert stack.functions()[name]["DeadLetterConfig"] == {"TargetArn": f"<{queue}.Arn>"}, name
    [alarm] = [a for n, a in stack.of_type("AWS::CloudWatch::Alarm").items() if "UndeliveredEvents" in n]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": f"<{queue}.QueueName>"}]


def test_a_deletion_may_go_on_for_as_long_as_it_takes(stack: Template) -> None:
    """Lambda ends a chain of calls of a function by itself after 16, unless it is told not to."""
    loops = {name: function.get("RecursiveLoop") for name, function in stack.functions().items()}
    assert loops == dict.fromkeys(loops) | {"purge": "Allow"}


def test_uploads_that_mean_something_start_the_machine(stack: Template) -> None:
    machine, _ = stack.one("AWS::StepFunctions::StateMachine")
    inbox, _ = stack.one("AWS::S3::Bucket", "StorageInbox")
    _, rule = stack.one("AWS::Events::Rule", "WorkflowUploads")
    assert rule["EventPattern"]["detail"]["bucket"] == {"name": [f"<{inbox}>"]}
    assert rule["Targets"][0]["Arn"] == f"<{machine}>"
    patterns = rule["EventPattern"]["detail"]["object"]["key"]
    heard = {
        "maps/org/name.yaml": True,
        "maps/org/name.YML": True,
        "maps/org/a name+ü.json": True,
        "maps/org/notes.txt": True,
        "datasets/ws/d.zip": True,
        "datasets/ws/D.ZIP": True,
        "datasets/ws/d.tar": True,
        "datasets/ws/d.Tar.gz": True,
        "datasets/ws/d.tgz": True,
        "datasets/ws/d.7z": True,
        "datasets/ws/d.tar.ZST": True,
        "datasets/ws/d/_SUCCESS": True,
        "datasets/ws/d/_success": True,
        "datasets/ws/d/dataset.yaml": True,
        "datasets/ws/folder/d/dataset.yaml": True,
        "datasets/ws/d/images/1.png": False,
        "datasets/ws/d/images/1.ZIP.png": False,
        "datasets/ws/d/masks/1.png": False,
        "datasets/ws/d/metadata/1-metadata.json": False,
        "datasets/ws/d/annotations/1-ana.json": False,
        "datasets/ws/d/not_SUCCESS": False,
        "elsewhere/maps/org/name.yaml": False,
    }
    assert {key: any(_matches(key, pattern) for pattern in patterns) for key in heard} == heard


def _matches(key: str, pattern: Any) -> bool:
    """As EventBridge compares: no other way is allowed here, least of all wildcards, whose number it refuses."""
    match pattern:
        case {"prefix": str(beginning)} if len(pattern) == 1:
            return key.startswith(beginning)
        case {"suffix": str(ending)} if len(pattern) == 1:
            return key.endswith(ending)
        case {"suffix": {"equals-ignore-case": str(ending)}} if len(pattern) == len(pattern["suffix"]) == 1:
            return key.lower().endswith(ending.lower())
    raise AssertionError(pattern)


def test_every_suffix_that_is_read_is_heard() -> None:
    endings = {*inbox.PACKED_SUFFIXES, *inbox.OTHER_ARCHIVES, f"/{inbox.COMPLETE.lower()}"}
    assert endings == set(ENDINGS)
    assert {"suffix": f"/{inbox.ARRIVING}"} in UPLOADS


def test_every_bad_end_is_recorded(stack: Template) -> None:
    machine, _ = stack.one("AWS::StepFunctions::StateMachine")
    _, rule = stack.one("AWS::Events::Rule", "WorkflowFailures")
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [f"<{machine}>"], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
    assert "FunctionsConclude" in rule["Targets"][0]["Arn"]


def test_all_functions_are_made_alike(stack: Template) -> None:
    groups = stack.of_type("AWS::Logs::LogGroup")
    for name, function in stack.functions().items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        # Only what serves the API carries what it needs besides.
        assert len(function["Layers"]) == (3 if name in ("api", "authorize") else 2), name
        assert function["LoggingConfig"]["LogFormat"] == "JSON", name
        group = groups[function["LoggingConfig"]["LogGroup"].strip("<>")]
        assert group["RetentionInDays"] == 90, name
    roles = [function["Role"] for function in stack.functions().values()]
    assert len(set(roles)) == len(roles)


def test_every_log_group_forgets(stack: Template) -> None:
    assert [n for n, g in stack.of_type("AWS::Logs::LogGroup").items() if g.get("RetentionInDays") != 90] == []


def test_the_topics_and_the_queue_are_spoken_to_in_tls(stack: Template) -> None:
    policies = [*stack.of_type("AWS::SNS::TopicPolicy").values(), *stack.of_type("AWS::SQS::QueuePolicy").values()]
    assert len(policies) == 3
    for policy in policies:
        denied = [s["Condition"] for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied


def test_whoever_is_to_speak_to_a_topic_may(stack: Template) -> None:
    """A topic's policy replaces the default one: what it doesn't allow, no alarm gets through."""
    told = {target for alarm in stack.of_type("AWS::CloudWatch::Alarm").values() for target in alarm["AlarmActions"]}
    policies = stack.of_type("AWS::SNS::TopicPolicy").values()
    for topic in told:
        [statements] = [policy["PolicyDocument"]["Statement"] for policy in policies if topic in policy["Topics"]]
        [allowed] = [s for s in statements if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
        assert (allowed["Effect"], allowed["Action"], allowed["Resource"]) == ("Allow", "sns:Publish", topic)
        assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}}
    assert len(told) == 1


def test_each_function_is_watched(stack: Template) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    topic, _ = stack.one("AWS::SNS::Topic", "NotificationsAlarms")
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms.values()} == {(f"<{topic}>",)}
    assert {alarm["TreatMissingData"] for alarm in alarms.values()} == {"notBreaching"}
    assert len(alarms) == 6 + 2 * len(stack.functions())
    assert len(stack.of_type("AWS::CloudWatch::Dashboard")) == 1


def test_everything_is_tagged(stack: Template) -> None:
    for kind in (
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::Lambda::Function",
        "AWS::StepFunctions::StateMachine",
    ):
        for name, properties in stack.of_type(kind).items():
            assert {"Key": "application", "Value": "labelmill"} in properties["Tags"], name


def test_the_outputs_are_what_the_local_cloud_and_people_look_for(stack: Template) -> None:
    wanted = {
        "ApiUrl",
        "InboxBucket",
        "OutboxBucket",
        "TableName",
        "StateMachineArn",
        "TopicArn",
        "AlarmTopicArn",
        "JobLogGroup",
    }
    assert stack.outputs.keys() == wanted


def test_no_custom_resource_sneaks_in(stack: Template) -> None:
    kinds = {resource["Type"] for resource in stack.resources.values()}
    assert not [kind for kind in kinds if kind.startswith(("Custom::", "AWS::CloudFormation::"))]
    assert len(stack.of_type("AWS::Lambda::Function")) == len(stack.functions())


def test_each_function_is_told_exactly_what_its_settings_read(stack: Template) -> None:
    of_powertools = {"POWERTOOLS_SERVICE_NAME"}
    for name, function in stack.functions().items():
        read = {field.name.upper() for field in dataclasses.fields(getattr(settings, f"{name.capitalize()}Settings"))}
        assert function["Environment"]["Variables"].keys() - of_powertools == read - of_powertools, name
