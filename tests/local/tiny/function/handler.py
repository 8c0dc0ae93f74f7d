"""A function that does what a test tells it to."""

import logging
import os
import sys
import tempfile
import time

import boto3
from tiny_layer import GREETING

logger = logging.getLogger()


class TinyError(Exception):
    """An error of the function's own."""


def lambda_handler(event, context):
    print("printed", event.get("do"))
    match event.get("do"):
        case "fail":
            raise TinyError("as told")
        case "exit":
            os._exit(3)
        case "sleep":
            time.sleep(event["s"])
        case "remember":
            held = [b"x" * (1 << 20) for _ in range(event["mb"])]
            time.sleep(event.get("s", 0))
            return len(held)
        case "write":
            with tempfile.TemporaryFile() if event["unnamed"] else open(f"{os.environ['TMPDIR']}/file", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, event["mb"] << 20)
                time.sleep(event.get("s", 0))
            return event["mb"]
        case "big":
            return "x" * event["bytes"]
        case "put":
            s3 = boto3.client("s3")
            for key in event["keys"]:
                s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=b"x")
        case "put-elsewhere":
            boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="elsewhere/x", Body=b"x")
        case "invoke-self":
            inner = boto3.client("lambda").invoke(FunctionName=context.function_name, Payload=b'{"do": "nothing"}')
            return {"inner": inner["Payload"].read().decode()}
        case "imports":
            found = []
            for name in event["names"]:
                try:
                    __import__(name)
                    found.append(name)
                except ImportError:
                    pass
            return found
    return {
        "greeting": GREETING,
        "pid": os.getpid(),
        "tmp": os.environ["TMPDIR"],
        "request": context.aws_request_id,
        "left_ms": context.get_remaining_time_in_millis(),
        "event": event if sys.getsizeof(event) < 10000 else "large",
    }
