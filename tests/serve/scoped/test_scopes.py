"""Everyone sees the rows of their scope: in pages, files, kernels and records."""

from __future__ import annotations

import asyncio
import mmap
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ..running import Answer, until
from ..sessions.readers import kernel_of
from .tenants import CANARY, Tenants, add, reports, rows_of, serving

pytestmark = pytest.mark.slow

PAGE = mmap.PAGESIZE
LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="reads memory as Linux shows"
)


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with serving(tmp_path_factory.mktemp("tenants")) as served:
        yield served


WHERE = {
    "root": "true",
    "olga": "org = 'acme'",
    "fin": "org = 'acme'",
    "lee": "project IN ('acme-project-0', 'acme-project-1')",
    "ann": "\"user\" = 'ann@acme.test'",
}
FIRST = dict.fromkeys(("root", "olga", "fin", "lee"), "/overview") | {
    "ann": "/my-usage"
}


@pytest.fixture(scope="module")
def pages(tenants: Tenants) -> dict[str, Answer]:
    """Everybody's first page."""
    return {name: tenants.person(name).ask(FIRST[name]) for name in FIRST}


@pytest.mark.parametrize("name", FIRST)
def test_the_bare_address_leads_everyone_to_their_first_page(
    tenants: Tenants, name: str
) -> None:
    answer = tenants.person(name).ask("/?range=7d")
    assert (answer.status, answer.headers["Location"]) == (
        302,
        f"{FIRST[name]}?range=7d",
    )


@pytest.mark.parametrize("name", FIRST)
def test_figures_and_records_are_those_that_sql_finds_in_the_scope(
    tenants: Tenants, pages: dict[str, Answer], name: str
) -> None:
    assert pages[name].status == 200, pages[name].text
    (report,) = reports(pages[name])
    parts = str(tenants.folder / "usage.meter" / "**" / "*.parquet")
    expected = duckdb.sql(
        f"SELECT input_tokens FROM read_parquet('{parts}', hive_partitioning=false) "
        f"WHERE {WHERE[name]} AND start < '2026-02-02' ORDER BY input_cost + output_cost + unsplit_cost "
        'DESC NULLS LAST, start, input, "row"'
    ).fetchall()
    tokens = [each for (each,) in expected]
    assert report["sums"] == [len(tokens), sum(tokens)]
    assert sorted(report["tokens"]) == sorted(tokens)
    assert report["tokens"] == tokens
    values = report["values"]
    if name == "root":
        assert len(values["file"]) == 2
        return
    assert values["file"] == values["row"] == ["None"]
    assert values["org"] == ["acme"]
    personal = {
        key: values[key] for key in ("user", "api_key", "session", "end_user", "extra")
    }
    if name == "fin":
        assert set(map(tuple, personal.values())) == {("None",)}
    else:
        assert personal["user"] != ["None"] != personal["session"]


@LINUX
@pytest.mark.parametrize("name", ["olga", "fin", "lee", "ann"])
def test_no_name_outside_a_scope_is_in_the_page_the_files_or_the_kernel(
    tenants: Tenants, pages: dict[str, Answer], name: str
) -> None:
    (report,) = reports(pages[name])
    folder = Path(report["env"]["METERWIDGETS_FRAME"])
    hidden = [CANARY.encode()]
    if name == "ann":
        hidden += [b"bob@acme"]
    if name == "fin":
        hidden += [b"ann@acme", b"bob@acme", b"acme-key", b"acme-session"]
    if name == "lee":
        hidden += [b"acme-project-2"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".arrow", ".json", ".parquet"}
    kept = b"".join(path.read_bytes() for path in files)
    text = pages[name].text.encode()
    for held in (kept, text):
        assert b"acme" in held
        assert [each for each in hidden if each in held] == []
    assert _in_memory(int(report["pid"]), [b"acme", *hidden]) == {b"acme"}
    for path in (folder, folder.parent, *folder.glob("*/")):
        assert path.stat().st_mode & 0o077 == 0


@LINUX
def test_the_kernel_of_who_sees_everything_does_hold_those_names(
    pages: dict[str, Answer],
) -> None:
    (report,) = reports(pages["root"])
    assert _in_memory(int(report["pid"]), [CANARY.encode()])


def _in_memory(pid: int, names: list[bytes]) -> set[bytes]:
    """The names that a process holds in memory that it can write to."""
    found = set()
    maps = Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines()
    places = [line.split()[0] for line in maps if line.split()[1].startswith("rw")]
    with (
        Path(f"/proc/{pid}/mem").open("rb", 0) as memory,
        Path(f"/proc/{pid}/pagemap").open("rb", 0) as pagemap,
    ):
        for place in places:
            start, end = (int(each, 16) for each in place.split("-"))
            pagemap.seek(start // PAGE * 8)
            entries = pagemap.read((end - start) // PAGE * 8)
            is_used = np.frombuffer(entries, np.uint64) >> np.uint64(62) != 0
            edges = np.flatnonzero(np.diff(is_used, prepend=False, append=False))
            for first, last in edges.reshape(-1, 2).tolist():
                memory.seek(start + first * PAGE)
                held = memory.read((last - first) * PAGE)
                found |= {name for name in names if name in held}
    return found


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ann", "/overview"),
        ("ann", "/model-analytics?user=ann@acme.test"),
        ("fin", "/my-usage"),
        ("fin", "/my-usage?user=ann@acme.test"),
    ],
)
def test_a_page_that_is_not_for_somebody_leads_to_one_that_is(
    tenants: Tenants, name: str, path: str
) -> None:
    answer = tenants.person(name).ask(path)
    assert answer.status == 403
    assert "text/html" in answer.headers["Content-Type"]
    assert f'href="{FIRST[name][1:]}"' in answer.text
    assert tenants.person(name).ask(path, "HEAD").status == 403
    assert "mwPage" not in answer.text


def test_whoever_has_odd_claims_sees_nothing(tenants: Tenants) -> None:
    for path in ("/", "/overview", "/my-usage", "/token-usage"):
        assert tenants.person("odd").ask(path).status == 403


def test_token_usage_is_everyone_s_and_of_their_scope(tenants: Tenants) -> None:
    (own,) = reports(tenants.person("bob").ask("/token-usage?org=acme"))
    assert own["values"]["user"] == ["bob@acme.test"]
    assert own["env"]["METERWIDGETS_USER"] == "bob@acme.test"


@pytest.mark.parametrize(
    "path",
    [
        f"/my-usage?user=ann@{CANARY}.test",
        f"/my-usage?q=ann@{CANARY[:-1]}",
        "/my-usage?q=canary",
        "/my-usage?q=",
        "/my-usage?user=nobody&user=nobody@acme.test",
    ],
)
def test_an_operator_of_one_tenant_finds_no_user_of_another(
    tenants: Tenants, path: str
) -> None:
    answer = tenants.person("olga").ask(path)
    assert answer.status == 200
    own = path.partition("=")[2]
    assert CANARY not in answer.text.replace(own, "")
    assert "mwPage" not in answer.text


def test_an_operator_sees_the_page_of_one_user_and_nobody_else_s(
    tenants: Tenants,
) -> None:
    found = tenants.person("olga").ask("/my-usage?q=ANN")
    assert re.findall(r'href="([^"]+)">([^<]+)</a>', found.text) == [
        ("?user=ann%40acme.test", "ann@acme.test")
    ]
    (report,) = reports(tenants.person("olga").ask("/my-usage?user=ann@acme.test"))
    assert report["values"]["user"] == ["ann@acme.test"]
    everyone = tenants.person("root").ask("/my-usage?q=").text
    assert f"ann@{CANARY}.test" in everyone
    assert "4 users" in everyone


def test_markup_in_a_search_is_text(tenants: Tenants) -> None:
    answer = tenants.person("root").ask('/my-usage?q="><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert (
        "form-action 'self'"
        not in tenants.person("ann").ask("/overview").headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("name", ["olga", "ann"])
def test_a_wrong_name_in_an_address_says_nothing_of_others(
    tenants: Tenants, name: str
) -> None:
    wrong = f"?org={CANARY[:-1]}&model={CANARY}-model-9&user=ann@{CANARY}.tes"
    page = tenants.person(name).ask(FIRST[name] + wrong)
    assert page.status == 200
    text = page.text.split("REPORT")[0]
    assert f"{CANARY}-model-1" not in text
    assert f"ann@{CANARY}.test" not in text


def test_the_first_figures_are_those_of_the_reader_at_the_same_address(
    tenants: Tenants,
) -> None:
    amounts: dict[str, list[str]] = {}
    for name in ("ann", "bob", "olga", "ann"):
        page = tenants.person(name).ask("/token-usage?range=all")
        first = page.text.partition("mwPage.kernel(")[0]
        figures = re.findall(r'<dd class="mw-first[^>]*>([^<]+)<', first)
        assert len(figures) == 3
        assert amounts.setdefault(name, figures) == figures
    assert len(set(map(tuple, amounts.values()))) == 3


@pytest.mark.parametrize(
    "email",
    [
        "ANN@acme.test",
        "ann@acme.test ",
        "ann@acme\u200b.test",
        "\uff41nn@acme.test",
        "(none)",
        "%@acme.test",
        "ann@acme.test' OR 1=1 --",
    ],
)
def test_a_name_that_only_looks_like_another_s_has_no_rows(
    tenants: Tenants, email: str
) -> None:
    (report,) = reports(tenants.person("ann", email=email).ask("/my-usage"))
    assert report["sums"] == [0, 0]
    assert report["tokens"] == []


@pytest.mark.parametrize("query", ["?user=ann@acme.test", "?user=(none)"])
def test_who_may_see_no_people_finds_none_in_an_address(
    tenants: Tenants, query: str
) -> None:
    page = tenants.person("fin").ask("/token-usage" + query)
    (report,) = reports(page)
    assert report["values"]["user"] == ["None"]
    assert "bob@acme.test" not in page.text


@pytest.mark.usefixtures("pages")  # which are of the generation before
def test_a_page_follows_its_store_into_the_next_generation(tenants: Tenants) -> None:
    before = len(tenants.running.kernels())
    with ThreadPoolExecutor() as readers:
        asked = readers.submit(tenants.person("lee").ask, "/model-analytics")
        assert until(lambda: len(tenants.running.kernels()) > before)
        add(tenants.folder, "usage-acme-later", rows_of("acme", 2))
        add(tenants.folder, f"usage-{CANARY}-later", rows_of(CANARY, 2))
    _, followed = reports(asked.result())
    assert followed["after"] > followed["before"] > 0
    assert followed["records"] == followed["after"]


@pytest.mark.slow
@pytest.mark.usefixtures("pages")
def test_an_open_page_of_one_s_own_shows_what_comes_into_the_store(
    tenants: Tenants,
) -> None:
    ann = tenants.person("ann")
    page = ann.ask("/my-usage?range=all")
    assert "acme-new" not in page.text

    async def until_told(model: bytes) -> None:
        async with ann.connected(kernel_of(page)) as wire:
            for tenant in ("acme", CANARY):
                rows = [row | {"model": f"{tenant}-new"} for row in rows_of(tenant, 9)]
                await asyncio.to_thread(add, tenants.folder, f"new-{tenant}", rows)
            while True:
                told = await asyncio.wait_for(wire.read_message(), 30)
                assert isinstance(told, bytes)
                assert CANARY.encode() not in told
                if model in told:
                    return

    asyncio.run(until_told(b"acme-new"))
