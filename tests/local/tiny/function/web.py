"""A function behind an HTTP API, and its authorizer."""

import base64
import time


def authorize(event, context):
    _, _, token = event["headers"]["authorization"].partition(" ")
    if token == "broken":
        raise RuntimeError("the authorizer fails")
    return {"isAuthorized": token.startswith("good"), "context": {"organization": "org", "token": "id-" + token[-4:]}}


def answer(event, context):
    query = event.get("queryStringParameters") or {}
    match query.get("do"):
        case "fail":
            raise RuntimeError("as told")
        case "sleep":
            time.sleep(float(query["s"]))
        case "nothing":
            return {"statusCode": 204, "headers": {}, "body": None}
        case "binary":
            body = base64.b64encode(bytes(range(256))).decode()
            return {
                "statusCode": 201,
                "headers": {"content-type": "a/b", "Location": "/x"},
                "body": body,
                "isBase64Encoded": True,
            }
    return event
