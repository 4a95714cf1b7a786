"""Spark as an engine: it answers our SQL, and its errors are said in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from meterwidgets.errors import LedgerError
from meterwidgets.frame.rollup.encoding import OVERFLOW

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


_CALLING = "An error occurred while calling"
"""How a line of Py4J begins that says only where."""


class _Answer:
    """The rows of an answer, as DuckDB hands them out."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = iter([tuple(row) for row in rows])

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)


class Cluster:
    """A dataframe of Spark that answers DuckDB's SQL about it: an ``Engine``.

    Attributes:
        df: The dataframe.
        session: Where it is.
        view: What it is called there, until ``made`` is closed.
    """

    def __init__(self, df: DataFrame, made: ExitStack) -> None:
        self.df = df
        self.session: SparkSession = df.sparkSession
        self.view = f"meterwidgets_{uuid4().hex}"
        df.createOrReplaceTempView(self.view)
        made.callback(self.session.catalog.dropTempView, self.view)

    def execute(self, query: str, /) -> _Answer:
        """The rows that a statement gives."""
        return _Answer(self.ask(query).collect())

    def ask(self, query: str) -> DataFrame:
        """What a statement gives, not yet asked for."""
        return self.session.sql(for_spark(query, self.view))


def for_spark(text: str, view: str) -> str:
    """A statement for DuckDB, as Spark takes it.

    Args:
        text: The statement, over one table however often.
        view: What that table is called there.

    Examples:
        >>> for_spark('SELECT start_us // 60, "user" FROM records', "v")
        'SELECT start_us DIV 60, `user` FROM v'
    """
    try:
        import sqlglot
    except ImportError:
        raise LedgerError(
            "a dataframe of PySpark needs sqlglot, which is not installed; install "
            "meterwidgets[spark]"
        ) from None
    from sqlglot import exp

    tree = sqlglot.parse_one(text, read="duckdb")
    for table in tree.find_all(exp.Table):
        table.set("this", exp.to_identifier(view))
    for total in list(tree.find_all(exp.Sum)):
        if isinstance(total.parent, exp.Coalesce):
            total.parent.replace(_exact(total.this.sql("spark")))
    return str(tree.sql("spark"))


def _exact(value: str) -> Any:
    """A sum or 0 that fails, in every mode of Spark, rather than wrap around."""
    import sqlglot

    return sqlglot.parse_one(
        f"COALESCE(TRY_SUM({value}), "
        f"CASE WHEN COUNT({value}) = 0 THEN 0 ELSE RAISE_ERROR('{OVERFLOW}') END)",
        read="spark",
    )


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Say what Spark said, in words that name a way out.

    Args:
        name: What is read.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
            raise
        raise LedgerError(_why(name, str(error))) from error


def _why(name: str, said: str) -> str:
    ours = re.search(r"meterwidgets\.errors\.LedgerError: (.+)", said)
    if ours:
        return f"{name}: {ours[1]}"
    if OVERFLOW in said:
        return OVERFLOW
    if missing := re.search(r"No module named '(\w+)", said):
        return (
            f"{name}: a worker has no {missing[1]}; install meterwidgets on all workers"
        )
    if "maxResultSize" in said:
        return (
            f"{name}: the cube is larger than the driver may take; raise "
            "spark.driver.maxResultSize"
        )
    lines = (line.strip(": ") for line in said.splitlines())
    telling = (each for each in lines if each and not each.startswith(_CALLING))
    return f"{name}: can't be read ({next(telling, 'Spark did not say why')})"
