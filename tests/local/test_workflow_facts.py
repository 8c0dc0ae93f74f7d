"""What the workflow leans on: the emulator and its corrections behave as AWS does."""

import json

from local.conftest import finished


def test_context_names_the_machine_and_counts_redrives(execute, cloud):
    output = json.loads(execute(do="nothing")["output"])
    assert output["event"]["redrives"] == 0
    assert output["event"]["machine"] == cloud.outputs["Machine"]


def test_an_error_keeps_its_bare_name(execute):
    failed = execute(do="fail")
    assert (failed["status"], failed["error"]) == ("FAILED", "TinyError")
    assert json.loads(failed["cause"])["errorMessage"] == "as told"


def test_a_distributed_map_reads_json_lines_and_tolerates_failures(execute, cloud):
    lines = [{"do": "fail"}, {"do": "put", "keys": ["allowed/map-1"]}, {"do": "put", "keys": ["allowed/map-2"]}]
    manifest = "\n".join(map(json.dumps, lines)).encode()
    cloud.client("s3").put_object(Bucket=cloud.outputs["Outbox"], Key="manifest.jsonl", Body=manifest)
    done = execute(manifest="manifest.jsonl")
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"items": 3, "manifest": "manifest.jsonl"})
    found = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs["Outbox"], Prefix="allowed/map-")
    assert [entry["Key"] for entry in found["Contents"]] == ["allowed/map-1", "allowed/map-2"]


def test_a_state_above_256_kib_fails(execute, cloud):
    states = cloud.client("stepfunctions")
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Big",
        "States": {
            "Big": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": cloud.outputs["Function"], "Payload": {"do": "big", "bytes": 300_000}},
                "End": True,
            }
        },
    }
    role = states.describe_state_machine(stateMachineArn=cloud.outputs["Machine"])["roleArn"]
    machine = states.create_state_machine(name="big", definition=json.dumps(definition), roleArn=role)
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    assert cloud.wait_for(lambda: finished(states, started))["error"] == "States.DataLimitExceeded"


def test_a_stopped_map_stays_aborted_and_starts_nothing_more(cloud):
    s3, states = cloud.client("s3"), cloud.client("stepfunctions")
    keys = [f"allowed/stopped-{n}" for n in range(60)]
    lines = b"\n".join(json.dumps({"do": "put", "keys": [key]}).encode() for key in keys)
    s3.put_object(Bucket=cloud.outputs["Outbox"], Key="stopped.jsonl", Body=lines)
    machine = cloud.outputs["Machine"]
    started = states.start_execution(stateMachineArn=machine, input='{"manifest": "stopped.jsonl"}')["executionArn"]
    listing = {"Bucket": cloud.outputs["Outbox"], "Prefix": "allowed/stopped-"}
    cloud.wait_for(lambda: s3.list_objects_v2(**listing)["KeyCount"], every_s=0.001)
    states.stop_execution(executionArn=started)
    [run] = states.list_map_runs(executionArn=started)["mapRuns"]
    cloud.wait_for(lambda: states.describe_map_run(mapRunArn=run["mapRunArn"])["status"] != "RUNNING")
    assert states.describe_execution(executionArn=started)["status"] == "ABORTED"
    assert s3.list_objects_v2(**listing)["KeyCount"] < len(keys)


def test_an_upload_starts_the_machine_with_the_key_as_it_is_and_its_version(cloud):
    s3, states = cloud.client("s3"), cloud.client("stepfunctions")
    key = "datasets/w s/ü+a%20b é.zip"
    version = s3.put_object(Bucket=cloud.outputs["Inbox"], Key=key, Body=b"abc")["VersionId"]
    s3.put_object(Bucket=cloud.outputs["Inbox"], Key="datasets/no-rule-names-this", Body=b"abc")

    def objects():
        found = states.list_executions(stateMachineArn=cloud.outputs["Machine"])["executions"]
        inputs = [states.describe_execution(executionArn=one["executionArn"])["input"] for one in found]
        return [json.loads(text)["detail"]["object"] for text in inputs if "detail" in json.loads(text)]

    cloud.wait_for(lambda: key in [one["key"] for one in objects()])
    [found] = [one for one in objects() if one["key"].startswith("datasets/")]
    assert (found["key"], found["version-id"], found["size"]) == (key, version, 3)
    assert found["etag"] == "900150983cd24fb0d6963f7d28e17f72"


def test_a_range_of_a_version_is_read(cloud):
    s3, where = cloud.client("s3"), {"Bucket": cloud.outputs["Inbox"], "Key": "ranges"}
    old = s3.put_object(**where, Body=b"0123456789")
    s3.put_object(**where, Body=b"abc")
    answer = s3.get_object(**where, VersionId=old["VersionId"], IfMatch=old["ETag"], Range="bytes=2-4")
    assert (answer["Body"].read(), answer["ContentRange"]) == (b"234", "bytes 2-4/10")


def test_a_small_part_that_is_not_the_last_is_refused(cloud):
    s3, where = cloud.client("s3"), {"Bucket": cloud.outputs["Outbox"], "Key": "joined"}
    s3.put_object(Bucket=where["Bucket"], Key="source", Body=b"x" * (5 * 2**20))

    def joined(*sizes):
        upload, parts = s3.create_multipart_upload(**where)["UploadId"], []
        for number, size in enumerate(sizes, 1):
            source = {"CopySource": f"{where['Bucket']}/source", "CopySourceRange": f"bytes=0-{size - 1}"}
            part = s3.upload_part_copy(**where, UploadId=upload, PartNumber=number, **source)
            parts.append({"PartNumber": number, "ETag": part["CopyPartResult"]["ETag"]})
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
        return s3.head_object(**where)["ContentLength"]

    assert joined(5 * 2**20, 10) == 5 * 2**20 + 10
    try:
        joined(10, 10)
    except s3.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "EntityTooSmall"
    else:
        raise AssertionError("two parts of 10 bytes were joined")
