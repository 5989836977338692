"""Which version of the program this is."""

import os

# That of pyproject.toml, which a deployment may lack.
VERSION = "0.1.0"
# What whoever deploys calls this build, such as a commit.
BUILD = os.environ.get("DESK_BUILD", "").strip()[:60]


def release() -> str:
    """Return the version, and the build if it has a name."""
    return f"{VERSION}+{BUILD}" if BUILD else VERSION
