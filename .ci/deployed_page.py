"""Open the login page as deployed: every static file it names must be in the manifest."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django

django.setup()

from django.test import Client  # noqa: E402

answer = Client(headers={"host": "desk.example"}).get("/accounts/login/", secure=True)
policy = answer.headers.get("Content-Security-Policy", "")
print(f"login page as deployed: {answer.status_code}, {policy[:19]}")
sys.exit(answer.status_code != 200 or "unsafe" in policy or "default-src 'none'" not in policy)
