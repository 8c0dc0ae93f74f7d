"""What a test breaks is broken, as often as it says and no more."""

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from infra.local.faults import Fault


@pytest.fixture(autouse=True)
def mended(cloud):
    cloud.clear_faults()
    yield
    cloud.clear_faults()


def test_a_service_that_slows_down_is_tried_again_by_the_caller(cloud, invoke):
    cloud.add_fault(Fault(service="s3", operation="PutObject", caller="Function", code="SlowDown", status=503))
    cloud.reset_request_counts()
    assert invoke(do="put", keys=["allowed/slow"])[0] is None
    assert cloud.faults()[0].applied == 1
    assert cloud.request_counts()["s3", "PutObject", cloud.outputs["Function"]] == 2


def test_only_the_calls_it_names_fail(cloud):
    code = "ProvisionedThroughputExceededException"
    cloud.add_fault(Fault(service="dynamodb", operation="PutItem", code=code, status=400, times=99))
    once = Config(retries={"total_max_attempts": 1})
    dynamo = cloud.session().client("dynamodb", endpoint_url=cloud.endpoint, config=once)
    assert "Item" not in dynamo.get_item(TableName=cloud.outputs["Table"], Key={"pk": {"S": "a"}})
    with pytest.raises(ClientError, match=code):
        dynamo.put_item(TableName=cloud.outputs["Table"], Item={"pk": {"S": "a"}})


def test_the_machine_retries_a_throttled_invocation(cloud, execute):
    cloud.add_fault(Fault(service="lambda", operation="Invoke", code="Lambda.TooManyRequestsException"))
    assert execute(do="nothing")["status"] == "SUCCEEDED"
    assert cloud.faults()[0].applied == 1


@pytest.mark.parametrize(("action", "done"), [("kill-before", ["1"]), ("kill-after", ["1", "2"])])
def test_a_function_dies_before_or_after_its_second_write(cloud, invoke, action, done):
    cloud.add_fault(Fault(action, service="s3", operation="PutObject", caller="Function", skip=1))
    error, answer = invoke(do="put", keys=[f"allowed/{action}/{n}" for n in (1, 2, 3)])
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    found = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs["Outbox"], Prefix=f"allowed/{action}/")
    assert [entry["Key"].rpartition("/")[2] for entry in found.get("Contents", [])] == done


def test_events_come_three_times(cloud):
    states, machine = cloud.client("stepfunctions"), cloud.outputs["Machine"]
    cloud.shuffle_events(copies=3, window_s=0.1)
    for name in ("a", "b"):
        cloud.client("s3").put_object(Bucket=cloud.outputs["Inbox"], Key=f"maps/thrice/{name}.yaml", Body=b"")

    def delivered():
        found = states.list_executions(stateMachineArn=machine)["executions"]
        inputs = [states.describe_execution(executionArn=one["executionArn"])["input"] for one in found]
        keys = [json.loads(text).get("detail", {}).get("object", {}).get("key", "") for text in inputs]
        return sorted(key for key in keys if "thrice" in key)

    cloud.wait_for(lambda: len(delivered()) >= 6, timeout_s=5)
    assert delivered() == ["maps/thrice/a.yaml"] * 3 + ["maps/thrice/b.yaml"] * 3
