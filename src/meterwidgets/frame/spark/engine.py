"""Spark as an engine: it answers our SQL, and its errors become ours."""

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
"""How those lines of Py4J begin that only say where an error was raised."""


class _Answer:
    """The rows of a result, behind DuckDB's methods."""

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
        session: Its Spark session.
        view: Its name there, until ``stack`` is closed.
    """

    def __init__(self, df: DataFrame, stack: ExitStack) -> None:
        self.df = df
        self.session: SparkSession = df.sparkSession
        self.view = f"meterwidgets_{uuid4().hex}"
        df.createOrReplaceTempView(self.view)
        stack.callback(self.session.catalog.dropTempView, self.view)

    def execute(self, query: str, /) -> _Answer:
        """Run a statement and fetch its rows."""
        return _Answer(self.query(query).collect())

    def query(self, text: str) -> DataFrame:
        """The result of a statement, not yet computed."""
        return self.session.sql(for_spark(text, self.view))


def for_spark(text: str, view: str) -> str:
    """Translate a statement from DuckDB's SQL into Spark's.

    Args:
        text: The statement, over a single table.
        view: The name of that table in Spark.

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
    """A sum, or 0, that fails on overflow in every mode of Spark."""
    import sqlglot

    return sqlglot.parse_one(
        f"COALESCE(TRY_SUM({value}), "
        f"CASE WHEN COUNT({value}) = 0 THEN 0 ELSE RAISE_ERROR('{OVERFLOW}') END)",
        read="spark",
    )


@contextmanager
def explain_errors(name: str) -> Iterator[None]:
    """Turn Spark's errors into ours, which name a way out.

    Args:
        name: The ledger that is read.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
            raise
        raise LedgerError(_explanation(name, str(error))) from error


def _explanation(name: str, message: str) -> str:
    ours = re.search(r"meterwidgets\.errors\.LedgerError: (.+)", message)
    if ours:
        return f"{name}: {ours[1]}"
    if OVERFLOW in message:
        return OVERFLOW
    if missing := re.search(r"No module named '(\w+)", message):
        return (
            f"{name}: a worker has no {missing[1]}; install meterwidgets on all workers"
        )
    if "maxResultSize" in message:
        return (
            f"{name}: the cube is larger than the driver may take; raise "
            "spark.driver.maxResultSize"
        )
    lines = (line.strip(": ") for line in message.splitlines())
    reasons = (line for line in lines if line and not line.startswith(_CALLING))
    return f"{name}: can't be read ({next(reasons, 'Spark did not say why')})"
