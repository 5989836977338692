"""The rules of the house that a program can check. Each failure names file and line."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "returns", "tags")
TOP_LEVEL = {
    *PACKAGES,
    *("manage.py", "pyproject.toml", "README.md", "LICENSE", "docs"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *("templates", "static", "tests", ".ci", ".git", ".gitignore", ".python-version"),
}
# Who calls: nothing below imports them.
ENTRANCES = r"(returns|tags)\.(views|admin|api|management|urls)\b"
# What everything stands on: these import nothing of the program but each other.
GROUND = ("tags/models/", "returns/models/", "returns/querysets/", "returns/expressions.py")

WRITES = {
    *("save", "create", "update", "delete", "get_or_create", "update_or_create"),
    *("bulk_create", "bulk_update", "raw", "copy"),
}
VOCABULARY = ("tags/editing.py", "tags/merging.py", "tags/reverting.py", "tags/sent_names.py")
# Who may write what: the model, its table, and the modules.
WRITERS = {
    ("Return", "returns_return"): (
        "returns/feed/",
        "returns/record/corrections.py",
        "returns/record/deletion.py",
        "returns/privacy/redaction.py",
        "returns/retention/texts.py",
    ),
    ("DeletedEntry", "returns_deletedentry"): ("returns/filters/deleted_entries.py",),
    ("DeletedReturn", "returns_deletedreturn"): ("returns/record/deletion.py",),
    ("Redaction", "returns_redaction"): ("returns/privacy/redaction.py",),
    ("ReturnTag", "returns_returntag"): ("tags/tagging/",),
    ("Claim", "returns_claim"): ("returns/claims/taking.py", "returns/models/claims.py"),
    ("FollowUp", "returns_followup"): (
        *("returns/follow_ups/editing.py", "returns/models/follow_ups.py"),
    ),
    ("Notice", "returns_notice"): (
        "returns/notices/telling.py",
        *("returns/models/claims.py", "returns/models/follow_ups.py"),
    ),
    ("Comment", "returns_comment"): ("returns/record/comments.py",),
    ("Tag", "tags_tag"): VOCABULARY,
    ("TagGroup", "tags_taggroup"): VOCABULARY,
    ("BulkTagging", "tags_bulktagging"): ("tags/bulk/",),
    ("TagAction", "tags_tagaction"): ("tags/history.py",),
    ("TagActionRow", "tags_tagactionrow"): ("tags/tagging/", "tags/history.py"),
    ("ShopperSentence", "returns_shoppersentence"): ("returns/record/sentences.py",),
    ("TagRule", "returns_tagrule"): (
        "returns/rules/editing.py",
        "returns/rules/running.py",
    ),
    ("Macro", "returns_macro"): ("returns/macros/editing.py",),
    ("MacroRun", "returns_macrorun"): (
        *("returns/macros/running.py", "returns/macros/starting.py"),
    ),
    ("MacroEffect", "returns_macroeffect"): ("returns/macros/running.py",),
    ("RuleEvent", "returns_ruleevent"): ("returns/models/events.py", "returns/rules/running.py"),
    ("SharedTracking", "returns_sharedtracking"): ("returns/models/problems.py",),
    ("ReturnValue", "returns_returnvalue"): ("returns/models/values.py",),
    ("LastChange", "returns_lastchange"): ("returns/models/last_changes.py",),
    ("Change", "returns_change"): ("returns/models/changes.py", "returns/live/changes.py"),
    ("Presence", "returns_presence"): ("returns/live/presence.py",),
    ("DeadlinePolicy", "returns_deadlinepolicy"): ("returns/deadlines/editing.py",),
    ("WorkingCalendar", "returns_workingcalendar"): ("returns/deadlines/editing.py",),
    ("Carrier", "returns_carrier"): ("returns/carriers/editing.py",),
    ("CarrierSpelling", "returns_carrierspelling"): ("returns/carriers/editing.py",),
    ("DaySummary", "returns_daysummary"): ("returns/summaries/",),
    ("DeadlineDay", "returns_deadlineday"): ("returns/summaries/",),
    ("JudgedKind", "returns_judgedkind"): ("returns/summaries/",),
    ("TagPairDay", "returns_tagpairday"): ("returns/summaries/",),
    ("CountedReturn", "returns_countedreturn"): ("returns/summaries/",),
    ("CountedTags", "returns_countedtags"): ("returns/summaries/",),
    ("SummaryState", "returns_summarystate"): ("returns/summaries/",),
    ("UncountedReturn", "returns_uncountedreturn"): (
        "returns/models/summaries.py",
        "returns/summaries/",
    ),
    ("ApiToken", "returns_apitoken"): ("returns/people/tokens.py",),
    ("Export", "returns_export"): (
        "returns/exports/background.py",
        "returns/exports/forgetting.py",
    ),
    ("ExportPart", "returns_exportpart"): ("returns/exports/background.py",),
    ("FeedRun", "returns_feedrun"): ("returns/feed/runs.py", "returns/feed/cleanup.py"),
    ("RejectedRecord", "returns_rejectedrecord"): (
        "returns/feed/rejected.py",
        "returns/feed/retries.py",
    ),
    ("RunChange", "returns_runchange"): (
        "returns/feed/statements.py",
        "returns/feed/undo.py",
        "returns/feed/cleanup.py",
    ),
    ("RunUndo", "returns_runundo"): ("returns/feed/undo.py",),
    ("SalesOrder", "returns_salesorder"): (
        "returns/feed/orders/",
        "returns/privacy/redaction.py",
        "returns/retention/texts.py",
    ),
    ("SalesOrderItem", "returns_salesorderitem"): ("returns/feed/orders/",),
    ("OrderRequest", "returns_orderrequest"): (
        "returns/models/orders.py",
        "returns/feed/orders/",
        "returns/feed/requests.py",
    ),
    ("ItemRequest", "returns_itemrequest"): (
        "returns/models/requests.py",
        "returns/feed/requests.py",
        "returns/feed/item_pulling.py",
        "returns/feed/orders/cleanup.py",
    ),
    ("RemoteAbility", "returns_remoteability"): ("returns/feed/abilities.py",),
    ("Upload", "returns_upload"): ("returns/feed/uploads.py", "returns/feed/upload_content.py"),
    ("ApiCalls", "returns_apicalls"): ("returns/api/call_limit.py",),
    ("TokenUse", "returns_tokenuse"): ("returns/api/token_use.py",),
    ("AccessEvent", "returns_accessevent"): (
        "returns/people/access.py",
        "returns/api/token_use.py",
    ),
    ("BrowserSession", "returns_browsersession"): (
        *("returns/people/sessions.py", "returns/models/people.py"),
    ),
    ("PasswordReset", "returns_passwordreset"): ("returns/people/password_reset.py",),
    ("Authenticator", "mfa_authenticator"): ("returns/people/second_factor.py",),
    ("SocialAccount", "socialaccount_socialaccount"): ("returns/people/provider_people.py",),
    ("Deactivation", "returns_deactivation"): ("returns/models/people.py",),
    ("Scan", "returns_scan"): ("returns/scans/recording.py",),
    ("Heartbeat", "returns_heartbeat"): ("returns/operations/heartbeat.py",),
    ("Retention", "returns_retention"): ("returns/retention/steps.py",),
    ("Subscription", "returns_subscription"): ("returns/outgoing/",),
    ("MatchedReturn", "returns_matchedreturn"): ("returns/outgoing/matches.py",),
    ("OutgoingEvent", "returns_outgoingevent"): (
        "returns/models/outgoing.py",
        "returns/outgoing/",
    ),
    ("Delivery", "returns_delivery"): ("returns/outgoing/",),
    ("ToldMoment", "returns_toldmoment"): ("returns/outgoing/moments.py",),
    ("SavedView", "returns_savedview"): ("returns/lists/saved_views.py",),
}
# People and roles are no facts of returns.
WRITERS_OF_OTHERS = ("returns/people/person.py", "returns/people/roles.py", "returns/management/")
MAIL_TEMPLATE = "templates/outgoing/mail.html"
QUERIES = {"filter", "exclude", "annotate", "alias", "aggregate", "order_by"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def modules(*folders: str) -> dict[str, ast.Module]:
    """Return the modules of folders by name, migrations left out; read by the first that asks."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    kept = [path for path in paths if "migrations" not in path.parts]
    return {_name(path): ast.parse(path.read_text()) for path in kept}


TEMPLATES = {_name(path): path.read_text() for path in sorted((ROOT / "templates").rglob("*.html"))}


@cache
def _walked(module: ast.Module) -> list[ast.AST]:
    return list(ast.walk(module))


def nodes(*kinds: type[ast.AST], within: tuple[str, ...] = PACKAGES) -> Iterator[tuple]:
    """Yield the place, as file:line, the module and the node of every node of these kinds."""
    for name, module in modules(*within).items():
        for node in _walked(module):
            if isinstance(node, kinds):
                yield f"{name}:{getattr(node, 'lineno', 1)}", name, node


def _for_types_alone() -> set[int]:
    blocks = [node for _, _, node in nodes(ast.If) if "TYPE_CHECKING" in ast.dump(node.test)]
    return {id(inner) for block in blocks for inner in ast.walk(block)}


def imports() -> Iterator[tuple[str, str, str]]:
    """Yield the place, the module and what it imports, of every import that runs."""
    unreal = _for_types_alone()
    for place, name, node in nodes(ast.Import, ast.ImportFrom):
        if id(node) in unreal:
            continue
        if isinstance(node, ast.ImportFrom):
            yield from ((place, name, f"{node.module}.{alias.name}") for alias in node.names)
        else:
            yield from ((place, name, alias.name) for alias in node.names)


@cache
def texts() -> list[tuple[str, str, str]]:
    """Return the place, the module and the text of every string that is no docstring."""
    documentation = {
        id(node.value) for _, _, node in nodes(ast.Expr) if isinstance(node.value, ast.Constant)
    }
    inner = {id(part) for _, _, node in nodes(ast.JoinedStr) for part in node.values}
    left_out = documentation | inner
    strings = []
    for place, name, node in nodes(ast.JoinedStr, ast.Constant):
        if isinstance(node, ast.JoinedStr):
            parts = (str(getattr(part, "value", "{}")) for part in node.values)
            strings.append((place, name, "".join(parts)))
        elif isinstance(node.value, str) and id(node) not in left_out:
            strings.append((place, name, node.value))
    return strings


def lines_like(pattern: str, files: dict[str, str]) -> list[str]:
    """Return the places, as file:line and the line, where the pattern matches."""
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(pattern, line)
    ]


# Where things are


def test_top_level_holds_what_the_design_names():
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    names = {path.name for path in ROOT.iterdir()} - TOP_LEVEL
    assert [name for name in names if not any(fnmatch(name, each) for each in ignored)] == []


def test_no_module_is_named_after_nothing():
    vague = {"core", "common", "utils", "services", "helpers", "misc"}
    assert [
        name for name in modules(*PACKAGES) if vague & {*Path(name).parts, Path(name).stem}
    ] == []


def test_modules_stay_short():
    sizes = {name: len((ROOT / name).read_text().splitlines()) for name in modules(*PACKAGES)}
    assert {name: size for name, size in sizes.items() if size > 300} == {}


def test_functions_stay_short():
    sizes = [
        node.end_lineno - node.lineno + 1
        for _, _, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)
    ]
    assert median(sizes) <= 10
    assert quantiles(sizes, n=10)[-1] < 25


# Which way imports point


def test_tags_know_nothing_of_returns():
    assert [p for p, name, what in imports() if name[:5] == "tags/" and what[:7] == "returns"] == []


def test_nothing_imports_the_entrances():
    wrong = [
        f"{place} imports {what}"
        for place, name, what in imports()
        if re.match(ENTRANCES, what) and not re.match(ENTRANCES, name.replace("/", "."))
    ]
    assert [text for text in wrong if not text.startswith("config/urls.py")] == []


def test_the_ground_imports_nothing_above_it():
    ground = tuple(name.removesuffix(".py").strip("/").replace("/", ".") for name in GROUND)
    wrong = [
        f"{place} imports {what}"
        for place, name, what in imports()
        if name.startswith(GROUND)
        and what.startswith(("returns.", "tags."))
        and not what.startswith(ground)
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_ring():
    dotted = {
        name: name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in modules(*PACKAGES)
    }
    ours = set(dotted.values())
    needs: dict[str, set[str]] = {module: set() for module in ours}
    for _, name, what in imports():
        imported = what if what in ours else what.rpartition(".")[0]
        needs[dotted[name]] |= {imported} & ours - {dotted[name]}
    assert list(TopologicalSorter(needs).static_order())  # raises CycleError, which names the ring


def test_imports_stand_outside_functions():
    inside = [
        f"{name}:{inner.lineno}"
        for _, name, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


# Who reads and writes what


def test_only_one_module_reads_the_headers_of_htmx():
    others = [place for place, name, text in texts() if re.match(r"HX-|HTTP_HX_", text)]
    others += [place for place, _, node in nodes(ast.Attribute) if node.attr == "htmx"]
    assert [place for place in others if not place.startswith("config/htmx.py")] == []


def _names(node: ast.AST) -> set[str]:
    inner = list(ast.walk(node))
    return {n.id for n in inner if isinstance(n, ast.Name)} | {
        n.attr for n in inner if isinstance(n, ast.Attribute)
    }


@pytest.mark.parametrize(("model", "table"), WRITERS)
def test_each_fact_has_one_writer(model, table):
    sql = rf"(?i)\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE)\s+\"?{table}\b"
    places = [(place, name) for place, name, text in texts() if re.search(sql, text)]
    for place, name, node in nodes(ast.Call):
        method = getattr(node.func, "attr", "")
        if method in WRITES and model in _names(node.func):
            places.append((place, name))
    assert [p for p, name in places if not name.startswith(WRITERS[model, table])] == []


def test_records_are_saved_by_their_writers_alone():
    allowed = tuple(module for modules in WRITERS.values() for module in modules)
    saved = [
        (place, name)
        for place, name, node in nodes(ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"save", "bulk_create"}
    ]
    assert [p for p, name in saved if not name.startswith((*allowed, *WRITERS_OF_OTHERS))] == []


def test_every_on_conflict_names_its_target():
    bare = r"(?i)ON\s+CONFLICT(?!\s*\(|\s+ON\s+CONSTRAINT)"
    places = [place for place, _, text in texts() if re.search(bare, text)]
    places += [p for p, _, node in nodes(ast.keyword) if node.arg == "ignore_conflicts"]
    assert places == []


def test_views_are_functions_that_ask_others():
    of_views = {name: tree for name, tree in modules(*PACKAGES).items() if "/views" in name}
    classes = [
        place
        for place, _, node in nodes(ast.ClassDef, within=of_views)
        if any("View" in name for base in node.bases for name in _names(base))
    ]
    queries = [
        f"{place} {node.attr}"
        for place, _, node in nodes(ast.Attribute, within=of_views)
        if node.attr in QUERIES | (WRITES - {"update"})
    ]
    assert classes + queries == []


def test_only_the_ways_in_are_open_to_strangers():
    opened = [place for place, _, what in imports() if what.endswith(".login_not_required")]
    ways_in = (
        *("config/health.py", "config/brand.py"),
        *("returns/views/accounts.py", "returns/api/docs.py", "returns/views/languages.py"),
        *("returns/views/provider.py", "returns/views/password_resets.py"),
        "returns/views/unsubscribing.py",
    )
    assert [place for place in opened if not place.startswith(ways_in)] == []


# What hides what happens


def test_post_migrate_is_the_only_signal():
    signals = [
        f"{place} imports {what}"
        for place, _, what in imports()
        if re.search(r"\bsignals?\b|django\.dispatch", what) and what.startswith("django")
    ]
    assert [text for text in signals if not text.endswith(".post_migrate")] == []


def test_no_save_or_delete_is_overridden():
    overridden = [
        f"{name}:{inner.lineno}"
        for _, name, node in nodes(ast.ClassDef)
        for inner in node.body
        if isinstance(inner, ast.FunctionDef) and inner.name in {"save", "delete"}
    ]
    assert overridden == []


def test_no_thread_has_memories_of_its_own():
    hidden = r"^(threading\.local|contextvars\..*|asgiref\.local.*)$"
    assert [place for place, _, what in imports() if re.match(hidden, what)] == []
    locals_ = [place for place, _, node in nodes(ast.Attribute) if node.attr == "local"]
    assert locals_ == []


def test_html_is_marked_safe_only_by_what_escapes_it():
    unsafe = {"mark_safe", "SafeString", "SafeText", "safe"}
    calls = [
        place
        for place, _, node in nodes(ast.Call)
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in unsafe
        and not place.startswith("config/markup.py:")
    ]
    assert calls == []


# What the reader gets


def test_public_functions_say_what_they_do():
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, module in modules(*PACKAGES).items()
        for node in module.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not (ast.get_docstring(node) and node.returns)
    ]
    assert silent == []


def test_each_constant_has_a_name_of_its_own():
    """A reader who meets the name elsewhere need not ask which one it is.

    Django tells the names of formats, which each language has.
    """
    places: dict[str, list[str]] = {}
    for place, name, node in nodes(ast.Assign, ast.AnnAssign):
        is_format = name.startswith("config/formats/")
        if is_format or node not in modules(*PACKAGES)[name].body:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(each, ast.Name) and each.id.isupper():
                    places.setdefault(each.id, []).append(place)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_function_is_named_by_a_preposition():
    vague = {"of", "by", "at", "on", "in_", "to", "for_"}
    functions = nodes(ast.FunctionDef)
    assert [f"{place} {node.name}" for place, _, node in functions if node.name in vague] == []


def test_nothing_is_left_for_later():
    own = [path for path in (ROOT / "static").rglob("*.[cj]s*") if "vendor" not in path.parts]
    files = TEMPLATES | {_name(path): path.read_text() for path in own}
    files |= {name: (ROOT / name).read_text() for name in modules(*PACKAGES)}
    assert lines_like(r"\b(TODO|FIXME|XXX)\b", files) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\sstyle\s*=|<style",
        r"<script(?![^>]*\bsrc=)",
        r"\son[a-z]+\s*=|hx-on|\bjs:|javascript:",
        r"\|\s*safe\b|autoescape off|\|\s*safeseq\b",
        r"(src|href|action)=[\"']?https?://",
    ],
)
def test_templates_hold_nothing_that_the_policy_refuses(pattern):
    # A mail is no page: its styles are its own.
    pages = {name: text for name, text in TEMPLATES.items() if name != MAIL_TEMPLATE}
    assert lines_like(pattern, pages) == []


def test_fragments_are_parts_of_a_page():
    loose = [name for name in TEMPLATES if Path(name).name.startswith("_")]
    assert loose == []


def test_tests_neither_skip_nor_mock_our_modules():
    forbidden = {"skip", "skipif", "importorskip", "mock", "MagicMock"}
    used = [
        f"{place} {node.attr}"
        for place, _, node in nodes(ast.Attribute, within=("tests",))
        if node.attr in forbidden
    ]
    assert used == []


def test_tests_mirror_the_packages():
    ours = {Path(name).parts[1] for name in modules("tests") if len(Path(name).parts) > 2}
    assert ours <= {*PACKAGES, "browser", "benchmarks", "clients", "data"}
    folders = {Path(name).parent for name in modules("tests")}
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


# What is said once


def test_only_one_module_tells_which_addresses_are_of_this_site():
    asked = [place for place, _, what in imports() if what.endswith("has_allowed_host_and_scheme")]
    assert [place for place in asked if not place.startswith("config/addresses.py")] == []


def test_only_one_module_writes_a_query_behind_a_path():
    # What looks for tokens in an address takes it as it came.
    allowed = ("config/addresses.py", "returns/api/authentication.py")
    written = [
        place
        for place, _, node in nodes(ast.JoinedStr)
        for part, following in pairwise(node.values)
        if isinstance(part, ast.Constant) and part.value.endswith("?")
        if isinstance(following, ast.FormattedValue)
    ]
    assert [place for place in written if not place.startswith(allowed)] == []


def test_only_one_function_shortens_a_text():
    cuts = [
        place
        for place, _, node in nodes(ast.JoinedStr)
        for part, following in pairwise(node.values)
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Subscript)
        if isinstance(part.value.slice, ast.Slice)
        if part.value.slice.lower is None
        if isinstance(following, ast.Constant) and following.value[0] in "…”"
    ]
    assert [place for place in cuts if not place.startswith("config/text.py")] == []


def test_only_one_module_reads_which_encodings_are_accepted():
    read = [place for place, _, text in texts() if text.lower() == "accept-encoding"]
    # The feed asks for it, and an answer names it in Vary.
    allowed = ("config/compression.py", "returns/feed/client.py", "returns/views/exports.py")
    assert [place for place in read if not place.startswith(allowed)] == []


def _is_swap(node: ast.Assign) -> bool:
    pairs = (node.targets[0], node.value)
    return all(
        isinstance(pair, ast.Tuple) and all(isinstance(each, ast.Subscript) for each in pair.elts)
        for pair in pairs
    )


def test_only_one_function_moves_an_entry():
    swaps = [place for place, _, node in nodes(ast.Assign) if _is_swap(node)]
    assert [place for place in swaps if not place.startswith("config/ordering.py")] == []


def test_all_sentences_that_somebody_changed_what_is_saved_are_alike():
    told = [text for _, _, text in texts() if text.startswith("Somebody changed")]
    alike = re.compile(r"Somebody changed (this \w+|the \w+|“%\(name\)s”) meanwhile\.")
    assert [text for text in told if not alike.match(text)] == []
    assert len(told) > 4


def test_no_code_asks_for_a_role_by_its_name():
    # A desk may name its roles as it likes; what they may is a permission.
    named = [
        place
        for place, _, node in nodes(ast.Name, ast.Attribute)
        if getattr(node, "id", getattr(node, "attr", ""))
        in {"CUSTOMER_SERVICE", "WAREHOUSE_MANAGER"}
    ]
    allowed = ("returns/people/roles.py", "returns/demo/people.py")
    assert [place for place in named if not place.startswith(allowed)] == []


def test_migrations_bring_data_of_their_own():
    # What the program says today must not change what an old migration does. Fields and models
    # are named by ``import returns.models``, as makemigrations writes it.
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("migrations/*.py")]
    taken = [
        f"{_name(path)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in PACKAGES
    ]
    assert len(paths) > 30
    assert taken == []


def test_no_browser_test_waits_for_a_fixed_time():
    # A busy machine needs longer, and a quiet one loses the time: see tests/browser/waiting.py.
    waits = re.compile(r"wait_for_timeout|\bsleep\(|networkidle")
    paths = sorted((ROOT / "tests" / "browser").rglob("*.py"))
    assert len(paths) > 20
    assert [path.name for path in paths if waits.search(path.read_text())] == []
