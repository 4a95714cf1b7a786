"""``meterwidgets.toml``: what it says applies, and an error names the key and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from meterwidgets.config import config
from meterwidgets.config.read import read_with_config
from meterwidgets.errors import ConfigError, MeterError
from meterwidgets.frame.frame import UsageFrame

Write = Callable[..., Path]

SAMPLE = """
timezone = "Europe/Berlin"
currency = "USD"

[[source]]                       # any number; paths relative to this file
path = "exports/*.csv"
columns = { start = "window_start", end = "window_end", org = "tenant", model = "model", requests = "requests",
            input_tokens = "prompt_tokens", output_tokens = "completion_tokens", reasoning_tokens = "reasoning_tokens" }

[[price]]                        # first match wins; per 1,000,000 tokens; from = effective date
deployment = "qwen-*"
from = 2025-01-01
input = "2.00"
output = "4.00"
cache_read = "0.20"

[labels.org]
"a1b2c3" = "Acme"

[[budget]]
org = "Acme"
month = "500.00"

[roles]                          # claim -> scope; see the serving guide
operator = { when = { groups = ["platform-admins"] }, sees = "all" }
acme_admin = { when = { groups = ["acme-admins"] }, sees = { org = ["Acme"] }, personal = false }
end_user = { sees = { user = "claim:email" } }   # no `when`: everyone signed in
"""
EXPORT = """window_start,window_end,tenant,model,requests,prompt_tokens,completion_tokens,reasoning_tokens
2026-02-22T10:00:00,2026-02-22T11:00:00,a1b2c3,qwen-72b,7,1000000,500000,0
"""  # fmt: skip
PLAIN = "timestamp,org,model,input_tokens,output_tokens,cost\n"
ROW = PLAIN + "2026-02-22T10:00:00Z,Acme,m,100,50,1.25\n"


def read(path: Path, *ledgers: str | Path) -> UsageFrame:
    settings = config.load(path)
    return read_with_config(ledgers, config=settings, folder=path.parent, rejects=None)


def refused(write: Write, text: str) -> str:
    path = write(text, "meterwidgets.toml")
    with pytest.raises(ConfigError) as error:
        config.load(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


def test_the_sample_of_the_design_is_read(write: Write) -> None:
    write(EXPORT, "exports/february.csv")
    usage = read(write(SAMPLE, "meterwidgets.toml"))
    sums = usage.select().sums()
    assert (sums["records"], sums["requests"]) == (1, 7)
    assert (sums["input_cost"], sums["output_cost"]) == (2 * 10**9, 2 * 10**9)
    assert usage.tz == "Europe/Berlin"
    assert usage.start.isoformat() == "2026-02-22T09:00:00+00:00"  # 10 in Berlin
    assert usage.currencies == ("USD",)
    assert usage.quality.assumed_tz


def test_budgets_are_a_warning_and_not_an_error(write: Write) -> None:
    settings = config.load(write(SAMPLE, "meterwidgets.toml"))
    assert config.warnings(settings) == ["[[budget]] is not read by this version"]
    assert config.warnings(config.Config()) == []


def test_labels_show_as_names_while_ids_stay(write: Write) -> None:
    write(EXPORT, "exports/february.csv")
    usage = read(write(SAMPLE, "meterwidgets.toml"))
    assert list(usage.select().by("org")) == ["a1b2c3"]
    assert usage.label("org", "a1b2c3") == "Acme"
    assert usage.ids("org", ["Acme"]) == usage.ids("org", ["a1b2c3"]) == ("a1b2c3",)


def test_paths_are_relative_to_the_config_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(EXPORT, "deep/exports/february.csv")
    path = write(SAMPLE, "deep/meterwidgets.toml")
    monkeypatch.chdir("/")
    assert read(path).quality.records == 1


def test_columns_apply_to_a_file_that_is_named_as_source_too(write: Write) -> None:
    odd = EXPORT.replace("prompt_tokens", "p").replace("tenant", "who")
    ledger = write(odd, "exports/february.csv")
    text = SAMPLE.replace("prompt_tokens", "p").replace("tenant", "who")
    path = write(text, "meterwidgets.toml")
    usage = read(path, ledger)
    assert usage.select().sums()["input_tokens"] == 1_000_000
    assert list(usage.select().by("org")) == ["a1b2c3"]
    through_a_dot = ledger.parent / "." / ".." / "exports" / ledger.name
    assert read(path, through_a_dot).select().sums()["input_tokens"] == 1_000_000


def test_columns_do_not_apply_to_another_file(write: Write) -> None:
    write(EXPORT, "exports/february.csv")
    path = write(SAMPLE, "meterwidgets.toml")
    usage = read(path, write(ROW, "other.csv"))
    assert (usage.quality.records, usage.currencies) == (1, ("USD",))


def test_a_named_ledger_does_not_need_the_sources_of_the_config(write: Write) -> None:
    path = write(SAMPLE, "meterwidgets.toml")  # there is no folder exports
    assert read(path, write(ROW)).quality.records == 1
    with pytest.raises(MeterError, match=r"no file matches .*exports/\*\.csv"):
        read(path)


def test_a_config_without_sources_says_so(write: Write) -> None:
    with pytest.raises(MeterError, match=r"names no \[\[source\]\]; add one"):
        read(write('currency = "EUR"', "meterwidgets.toml"))


def test_the_currency_of_the_config_is_that_of_costs_and_rates(write: Write) -> None:
    ledger = write(ROW + "2026-02-22T11:00:00Z,Acme,priced,1000000,0,\n")
    text = '{}\n[[price]]\nmodel = "priced"\ninput = "2.00"\noutput = "0"\n'
    for said, currency in [
        ("", "USD"),
        ('currency = "EUR"', "EUR"),
        ('currency = "eur"', "EUR"),
    ]:
        usage = read(write(text.format(said), "meterwidgets.toml"), ledger)
        assert usage.currencies == (currency,)
        assert usage.select().sums()["input_cost"] == 2 * 10**9


def test_an_entry_has_its_own_zone_currency_and_format(write: Write) -> None:
    naive = PLAIN + "2026-02-22 10:00:00,Acme,m,100,50,1.25\n"
    write(naive, "a.csv")
    write(naive, "b.csv")
    text = (
        'timezone = "UTC"\n[[source]]\npath = "a.csv"\n'
        '[[source]]\npath = "b.csv"\ntimezone = "Asia/Tokyo"\ncurrency = "JPY"\n'
        'source = "table"\n'
    )
    usage = read(write(text, "meterwidgets.toml"))
    assert usage.quality.records == 2
    assert usage.start.isoformat() == "2026-02-22T01:00:00+00:00"
    assert set(usage.currencies) == {"USD", "JPY"}


def test_the_ledger_is_named_after_its_files(write: Write) -> None:
    for name in "abcde":
        write(ROW.replace("Acme", name), f"exports/{name}.csv")
    text = '[[source]]\npath = "exports"\n'
    path = write(text, "meterwidgets.toml")
    assert read(path).name == "a.csv, b.csv and 3 more"
    assert read(path, path.parent / "exports" / "a.csv").name == "a.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'timezne = "UTC"',
            "key 'timezne' not found; did you mean 'timezone'? keys: timezone, currency, ",
        ),
        ("timezone = 5", "timezone: Expected `str`, got `int`"),
        (
            'timezone = "Mars/Olympus"',
            "timezone: no time zone 'Mars/Olympus'; expected an IANA name such as "
            "Europe/Berlin",
        ),
        (
            'currency = "dollars"',
            "currency: expected a code such as \"USD\", got 'dollars'",
        ),
        ('[[source]]\nfile = "a"', "source[0]: key 'file' not found; "),
        ("[[source]]\npath = 5", "source[0].path: Expected `str`, got `int`"),
        ('[[source]]\nsource = "aider"', "source[0]: "),
        (
            '[[source]]\npath = "a"\nsource = "adier"',
            "source[0].source: source 'adier' not found; did you mean 'aider'? ",
        ),
        (
            '[[source]]\npath = "a"\ntimezone = "Berlin"',
            "source[0].timezone: no time zone 'Berlin'; ",
        ),
        (
            '[[source]]\npath = "a"\ncurrency = "€"',
            "source[0].currency: expected a code such as \"USD\", got '€'",
        ),
        (
            '[[source]]\npath = "a"\ncolumns = { imput_tokens = "x" }',
            "source[0].columns: field 'imput_tokens' not found; did you mean "
            "'input_tokens'? fields: ",
        ),
        ('[[source]]\npath = "a"\ncolumns = "x"', "source[0].columns: Expected "),
        (
            '[[price]]\nmodel = "m"\ninput = "two"',
            "price[0].input: expected decimal text such as \"2.00\", got 'two'",
        ),
        (
            '[[price]]\nmodel = "m"\ninput = "-1"',
            "price[0].input: expected a rate from 0",
        ),
        (
            '[[price]]\nmodel = "m"\ninput = true',
            "price[0].input: expected decimal text",
        ),
        (
            '[[price]]\nmodl = "m"\ninput = "1"',
            "price[0]: key 'modl' not found; did you mean 'model'? ",
        ),
        ('[[price]]\ninput = "1"', "price[0]: matches nothing by name; add deployment"),
        ('[[price]]\nmodel = "m"', "price[0]: no rate; add input ="),
        (
            '[[price]]\nmodel = "m"\ninput = "1"\nfrom = "2025"',
            "price[0].from: expected a date",
        ),
        (
            '[[price]]\nmodel = "m"\ninput = "1"\ncurrency = "dollars"',
            'price[0].currency: expected a code such as "USD"',
        ),
        ("price = 5", "price: Expected `array`, got `int`"),
        ('[labels.orgs]\na = "b"', "labels: dimension 'orgs' not found; did you mean "),
        ("[labels.org]\na = 5", "labels.*.*: Expected `str`, got `int`"),
        ("timezone = ", "is not TOML: "),
        ('timezone = "UTC"\ntimezone = "UTC"', "is not TOML: "),
    ],
)
def test_an_error_names_the_key_and_the_fix(write: Write, text: str, said: str) -> None:
    assert said in refused(write, text)


def test_a_config_that_is_not_there_or_not_text_says_so(write: Write) -> None:
    missing = write("", "x.toml").parent / "none.toml"
    with pytest.raises(
        ConfigError, match=re.escape(f"{missing}: can't be read (No su")
    ):
        config.load(missing)
    with pytest.raises(ConfigError, match=r"can't be read \(Is a directory\)"):
        config.load(missing.parent)
    with pytest.raises(ConfigError, match="is not TOML"):
        config.load(write(b"\xff\xfe", "x.toml"))


def test_inline_tables_may_go_over_lines_with_comments_and_a_last_comma(
    write: Write,
) -> None:
    text = """
[labels]
org = {  # ids of {tenants}
  "a{1" = "Ac#me",
  'b}' = '''two
lines''',  # the last
}
model = {}
"""
    settings = config.load(write(text, "meterwidgets.toml"))
    assert settings.labels == {
        "org": {"a{1": "Ac#me", "b}": "two\nlines"},
        "model": {},
    }
    assert "at line 10" in refused(write, text + "\ntimezone = \n")


def test_a_rate_keeps_its_decimals(write: Write) -> None:
    ledger = write(PLAIN + "2026-02-22T11:00:00Z,Acme,m,1000000,0,\n")
    text = '[[price]]\nmodel = "m"\ninput = 0.1\noutput = "0"\n'
    usage = read(write(text, "meterwidgets.toml"), ledger)
    assert usage.select().sums()["input_cost"] == 100_000_000
