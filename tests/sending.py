"""What programs and people send to a running desk."""

import json
from urllib.parse import urlencode

from tests.deployed import HOST, PATIENCE, Answer, Site

DAY = "2026-01-05T09:00:00Z"
CSRF = "c" * 32
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
    return site.send(
        "POST",
        path,
        urlencode(fields).encode(),
        Content_Type="application/x-www-form-urlencoded",
        Cookie=f"{site.cookie}; csrftoken={CSRF}",
        X_CSRFToken=CSRF,
        Referer=f"https://{HOST}/",
    )
