"""A small cloud assembly written by hand: a function with a layer, two buckets, a table, a rule and a state machine."""

import json
import shutil
from pathlib import Path

TINY = Path(__file__).with_name("tiny")
STACK = "Tiny"
ASSETS = "cdk-tiny-assets-${AWS::AccountId}-${AWS::Region}"


def write_assembly(folder: Path, *, timeout_s: int = 3, broken: bool = False, extra: dict | None = None) -> Path:
    """Write it as the CDK would; ``broken`` adds a resource that CloudFormation must refuse."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(TINY / "function", folder / "asset.function")
    shutil.copytree(TINY / "layer", folder / "asset.layer")
    files = {}
    for name in ("function", "layer"):
        files[name] = {
            "source": {"path": f"asset.{name}", "packaging": "zip"},
            "destinations": {"here": {"bucketName": ASSETS, "objectKey": f"{name}.zip"}},
        }
    (folder / f"{STACK}.assets.json").write_text(json.dumps({"version": "1", "files": files}))
    (folder / f"{STACK}.template.json").write_text(json.dumps(_template(timeout_s, broken, extra or {})))
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{STACK}.template.json"}}
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": {STACK: stack}}))
    return folder


def _code(name: str) -> dict:
    return {"S3Bucket": {"Fn::Sub": ASSETS}, "S3Key": f"{name}.zip"}


def function_resource(handler: str, timeout_s: int) -> dict:
    properties = {
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Handler": handler,
        "Code": _code("function"),
        "Layers": [{"Ref": "Layer"}],
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Timeout": timeout_s,
        "MemorySize": 256,
        "Environment": {"Variables": {"BUCKET": {"Ref": "Outbox"}}},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": "Logs"}},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _role(service: str, *statements: dict) -> dict:
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": policy}],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _allow(action: str, resource: object) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _template(timeout_s: int, broken: bool, extra: dict) -> dict:
    resources = {
        "Inbox": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "VersioningConfiguration": {"Status": "Enabled"},
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "Outbox": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "OutboxPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Outbox"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Action": "s3:*",
                            "Resource": [
                                {"Fn::GetAtt": ["Outbox", "Arn"]},
                                {"Fn::Sub": "${Outbox.Arn}/*"},
                            ],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            },
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": _code("layer")}},
        "Role": _role(
            "lambda",
            _allow("s3:PutObject", {"Fn::Sub": "${Outbox.Arn}/allowed/*"}),
            _allow("lambda:InvokeFunction", "*"),
        ),
        "Function": function_resource("handler.lambda_handler", timeout_s),
        "Broken": function_resource("broken.lambda_handler", timeout_s),
        "MachineRole": _role("states", _allow("lambda:InvokeFunction", "*"), _allow("s3:GetObject", "*")),
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": {"Fn::Sub": "${AWS::StackName}-Machine"},
                "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
                "DefinitionString": (TINY / "machine.asl.json").read_text(),
                "DefinitionSubstitutions": {
                    "Function": {"Fn::GetAtt": ["Function", "Arn"]},
                    "Bucket": {"Ref": "Outbox"},
                },
            },
        },
        "EventRole": _role("events", _allow("states:StartExecution", {"Ref": "Machine"})),
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {
                        "bucket": {"name": [{"Ref": "Inbox"}]},
                        "object": {"key": [{"prefix": "maps/"}, {"wildcard": "datasets/*/*.zip"}]},
                    },
                },
                "Targets": [
                    {"Id": "machine", "Arn": {"Ref": "Machine"}, "RoleArn": {"Fn::GetAtt": ["EventRole", "Arn"]}}
                ],
            },
        },
    } | extra
    if broken:
        resources["Bad"] = {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "no-such-group"}}
    outputs = {
        "Inbox": "Inbox",
        "Outbox": "Outbox",
        "Table": "Table",
        "Function": "Function",
        "Machine": "Machine",
        "Broken": "Broken",
    }
    return {"Resources": resources, "Outputs": {name: {"Value": {"Ref": ref}} for name, ref in outputs.items()}}
