"""Parquet files as typed rows that keep their numbers."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample


def open_parquet(path: Path, con: duckdb.DuckDBPyConnection) -> RawLedger:
    """Open a Parquet file; nested columns become JSON, as in the other formats.

    The ``key=value`` folders right above it, as Spark and Athena write them, are
    columns of text, unless the file has columns of those names.

    Raises:
        LedgerError: When it can't be read.
    """
    try:
        described = con.sql(
            f"SELECT * FROM read_parquet({path_literal(path)}, hive_partitioning=false)"
        )
        names, types = described.columns, [str(each) for each in described.types]
    except (duckdb.Error, RuntimeError) as error:  # names that are no text
        reason = str(error).splitlines()[0]
        raise LedgerError(f"{path}: can't be read ({reason})") from None
    cells = ", ".join(
        f"to_json(c{index})::VARCHAR AS c{index}"
        if column_type.startswith(("MAP(", "STRUCT(")) or column_type.endswith("]")
        else f"c{index}"
        for index, column_type in enumerate(types)
    )
    aliases = ", ".join(f"c{index}" for index in range(len(types)))
    keys = [key for key in _partition_keys(path) if key not in names]
    for index, key in enumerate(keys, len(types)):
        cells += f", {_partition_value(key)} AS c{index}"
    names, types = [*names, *keys], [*types, *["VARCHAR"] * len(keys)]
    layout = " ".join(map(repr, zip(names, types, strict=True))).replace("*/", "")

    def select_rows(files: str) -> str:
        # The comment keeps files apart whose columns differ: the aliases are the same.
        return (
            "SELECT file_index AS file, filename, file_row_number + 1 AS n, "
            f"{cells} FROM read_parquet({files}, hive_partitioning=false) "
            f"AS t({aliases}) /* {layout} */"
        )

    return RawLedger(
        str(path),
        "row",
        select_rows,
        Sample(tuple(names)),
        tuple(types),
        path=path,
        is_numbered=True,
    )


def _partition_keys(path: Path) -> list[str]:
    """The keys of the folders right above a file, from the outside in.

    Examples:
        >>> _partition_keys(Path("usage/dt=2026-02-22/org=a%20b/0.parquet"))
        ['dt', 'org']
    """
    folders = takewhile(lambda name: "=" in name[1:], (p.name for p in path.parents))
    keys = [folder.partition("=")[0] for folder in folders]
    return [key for key in dict.fromkeys(reversed(keys)) if key.isidentifier()]


def _partition_value(key: str) -> str:
    """SQL text of the value that a folder of ``filename`` has for a key."""
    value = f"regexp_extract(replace(filename, '\\', '/'), '.*/{key}=([^/]*)/', 1)"
    return f"nullif(url_decode({value}), '__HIVE_DEFAULT_PARTITION__')"
