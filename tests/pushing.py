"""Records that a program pushes to a running desk."""

import json

from tests.deployed import PATIENCE, Answer, Site

DAY = "2026-01-05T09:00:00Z"
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
