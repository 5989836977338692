"""The files sent to browsers: those of others as they came, all of them fit for deployment."""

import hashlib
import re

import pytest
from django.conf import settings
from django.core.management import call_command

STATIC = settings.BASE_DIR / "static"
VENDOR = STATIC / "vendor"
ROW = re.compile(
    r"^\| `(?P<file>[\w.-]+)` \|.*`(?P<licence>[\w.-]+LICENSE)` \| `(?P<sum>\w{64})` \|$"
)
CHECKSUMS = {
    row["file"]: row
    for line in (VENDOR / "README.md").read_text().splitlines()
    if (row := ROW.match(line))
}


def test_every_vendored_script_is_listed_with_its_licence():
    assert {path.name for path in VENDOR.glob("*.js")} == set(CHECKSUMS)
    assert {path.name for path in VENDOR.glob("*.LICENSE")} == {
        row["licence"] for row in CHECKSUMS.values()
    }


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
def test_a_vendored_script_is_the_one_that_was_taken_over(name):
    content = (VENDOR / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == CHECKSUMS[name]["sum"]
    assert b"sourceMappingURL" not in content


def test_templates_and_styles_hold_nothing_that_the_policy_forbids():
    forbidden = re.compile(
        r"\sstyle=|\son\w+=|hx-on|\bjs:|<script>|\|safe\b|https?://(?!www\.w3\.org)"
    )
    pages = [*(settings.BASE_DIR / "templates").rglob("*.*"), *STATIC.glob("css/*.css")]
    assert len(pages) > 20
    assert [path.name for path in pages if forbidden.search(path.read_text())] == []


def test_comments_of_templates_are_not_shown():
    """A comment in braces ends in its line; Django shows a longer one."""
    pages = [*(settings.BASE_DIR / "templates").rglob("*.*")]
    assert len(pages) > 20
    shown = re.compile(r"\{#(?!.*#\})")
    assert [path.name for path in pages if shown.search(path.read_text())] == []


def test_lines_of_templates_and_styles_fit_the_editor():
    pages = [*(settings.BASE_DIR / "templates").rglob("*.*"), *STATIC.glob("css/*.css")]
    assert len(pages) > 20
    long = [
        f"{path.relative_to(settings.BASE_DIR)}:{number}"
        for path in pages
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 160
    ]
    assert long == []


def test_no_style_asks_how_a_screen_is_held():
    """A page that can only be read one way round is a barrier."""
    assert [
        path.name for path in STATIC.glob("css/*.css") if "orientation" in path.read_text()
    ] == []


def test_one_script_owns_escape():
    scripts = sorted((STATIC / "js").rglob("*.js"))
    assert [path.name for path in scripts if '"Escape"' in path.read_text()] == ["escape.js"]


def test_text_has_the_sizes_of_one_scale():
    style = "".join(path.read_text() for path in STATIC.glob("css/*.css"))
    assert len(re.findall(r"--text-\w+:", style)) <= 8
    sizes = re.findall(r"(?<!-)\bfont(?:-size)?:\s*([^;}]+)", style)
    assert len(sizes) > 50
    others = [size for size in sizes if not re.search(r"var\(--text-\w+\)|^(?:0|inherit)$", size)]
    assert others == []


@pytest.mark.slow
def test_static_files_are_collected_under_names_that_change_with_their_content(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {"staticfiles": {"BACKEND": "config.static.HashedStaticFiles"}}
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["js", "css", "svg", "txt", "md", "LICENSE"]
    call_command("collectstatic", verbosity=0)
    (style,) = tmp_path.glob("css/app.*.css")
    (script,) = tmp_path.glob("js/app.*.js")
    assert re.search(r'url\("?\.\./fonts/inter-latin-wght-normal\.\w{12}\.', style.read_text())
    assert re.search(r'"\./times\.\w{12}\.js"', script.read_text())


def test_each_letter_comes_from_one_font_file():
    """The dotless i is in the file of the Latin letters, although its number is beyond them."""
    style = (STATIC / "css/app.css").read_text()
    ranges = [_code_points(text) for text in re.findall(r"unicode-range: ([^;]+);", style)]
    latin, extended = ranges
    assert set(map(ord, "ıiIöüçßÖÜÇ•…–“”€")) <= latin
    assert set(map(ord, "İğĞşŞ₺")) <= extended
    assert not latin & extended


def _code_points(ranges: str) -> set[int]:
    bounds = [part.strip().removeprefix("U+").split("-") for part in ranges.split(",")]
    return {point for each in bounds for point in range(int(each[0], 16), int(each[-1], 16) + 1)}
