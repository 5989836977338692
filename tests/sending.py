"""What programs and people send to a running desk."""

import json
from urllib.parse import urlencode

from tests.deployed import HOST, PATIENCE, Answer, Site

DAY = "2026-01-05T09:00:00Z"
CSRF, BOUNDARY = "c" * 32, "boundary-of-a-form"
TOKEN = "FEED_TOKEN"


def push(site: Site, *references: str) -> Answer:
    """Send a record for each reference, with a token that is made at the first call."""
    if TOKEN not in site.environment:
        done = site.manage("create_api_token", "Shop", "--scope", "feed")
        assert done.returncode == 0, done.stderr
        site.environment[TOKEN] = done.stdout.split()[-1]
    times = {"createdAt": DAY, "updatedAt": DAY, "state": "ReturnCreated"}
    records = [{"returnReferenceNumber": reference} | times for reference in references]
    return site.send(
        "POST",
        "/openapi/v1/feed",
        json.dumps({"items": records}).encode(),
        timeout=PATIENCE,
        Authorization=f"Bearer {site.environment[TOKEN]}",
        Content_Type="application/json",
    )


def post(site: Site, path: str, **fields: str) -> Answer:
    """Send a form as the signed-in manager's browser does."""
    browser = _browser(site, "application/x-www-form-urlencoded")
    return site.send("POST", path, urlencode(fields).encode(), **browser)


def send_file(site: Site, path: str, name: str, content: bytes) -> Answer:
    """Send a form with a file as the signed-in manager's browser does."""
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    body = f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return site.send(
        "POST", path, body, **_browser(site, f"multipart/form-data; boundary={BOUNDARY}")
    )


def _browser(site: Site, content_type: str) -> dict[str, str]:
    return {
        "Content_Type": content_type,
        "Cookie": f"{site.cookie}; csrftoken={CSRF}",
        "X_CSRFToken": CSRF,
        "Referer": f"https://{HOST}/",
    }
