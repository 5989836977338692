"""The papers of the project, read as Markdown: their texts, tables, code blocks and links."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# By name from the top of the project: "README.md", "docs/api.md".
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in PATHS}
README, USING, FILES = TEXTS["README.md"], TEXTS["docs/using.md"], TEXTS["docs/files-and-feed.md"]
FIELDS = TEXTS["docs/fields.md"]
API, FILTERS, DEPLOY = TEXTS["docs/api.md"], TEXTS["docs/filters.md"], TEXTS["docs/deploy.md"]
EVERYTHING = "\n".join(TEXTS.values())

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def tables(text: str, *head: str) -> list[list[str]]:
    """Return the cells of each row of all tables whose head begins with these words."""
    rows: list[list[str]] = []
    for after in text.split(f"\n| {' | '.join(head)} |")[1:]:
        lines = after.splitlines()[2:]
        end = next((at for at, line in enumerate(lines) if not line.startswith("|")), len(lines))
        rows += [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]
    return rows


def section(text: str, heading: str) -> str:
    """Return what is below a heading, up to the next one of its level or above."""
    level, _, after = text.partition(f" {heading}\n")
    marks = level.rpartition("\n")[2]
    return re.split(rf"^#{{1,{len(marks)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def codes(text: str) -> list[str]:
    """Return what is written as code within a line."""
    return re.findall(r"`([^`\n]+)`", text)


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks in a language."""
    return [block for name, block in FENCE.findall(text) if name == language]


def prose(text: str) -> str:
    """Return the text without its code blocks."""
    return FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Return the targets of all links that stay within the project."""
    return [target for target in LINK.findall(prose(text)) if "://" not in target]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as the hosting platforms make them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(text)))
    return {heading.strip().replace(" ", "-") for heading in plain}
