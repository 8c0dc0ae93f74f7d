"""The console behind the gateway of the local cloud: at the API's address, beside the buckets."""

from __future__ import annotations

import re

import httpx
from e2e_service import Service


def test_browsers_are_led_to_the_pages(service: Service) -> None:
    with httpx.Client(base_url=service.cloud.api_url, timeout=30, follow_redirects=True) as browser:
        page = browser.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.url.path) == (200, "/console/workspaces")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "connect-src 'self';" in page.headers["content-security-policy"]
        files = re.findall(r"/console/assets/[\w.-]+", page.text)
        assert len(files) >= 3
        for file in files:
            answer = browser.get(file)
            assert answer.status_code == 200
            assert answer.headers["content-encoding" if file.endswith((".js", ".css")) else "etag"]


def test_what_is_signed_is_for_the_buckets(service: Service) -> None:
    """Browsers sign nothing; the list of buckets is ``/`` too, and a bucket may be called ``console``."""
    s3 = service.cloud.client("s3")
    assert service.cloud.outputs["InboxBucket"] in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.create_bucket(Bucket="console")
    try:
        s3.put_object(Bucket="console", Key="assets/a.js", Body=b"kept")
        assert s3.get_object(Bucket="console", Key="assets/a.js")["Body"].read() == b"kept"
        address = s3.generate_presigned_url("get_object", Params={"Bucket": "console", "Key": "assets/a.js"})
        assert httpx.get(address).content == b"kept"
        s3.delete_object(Bucket="console", Key="assets/a.js")
    finally:
        s3.delete_bucket(Bucket="console")
