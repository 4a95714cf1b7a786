"""Declarations in TOML files: ours, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tomli

from meterwidgets.errors import ConfigError, MeterError
from meterwidgets.ledger.sources.vocabulary.declaration import Declared, declare

GROUP = "meterwidgets.sources"
"""The entry points by which other packages bring declarations: each names a package
whose folder holds TOML files, or a file in it, ``package:sources.toml``."""


@cache
def presets() -> tuple[Declared, ...]:
    """Our declarations, those that ask for more columns first."""
    folder = files("meterwidgets.ledger.sources") / "presets"
    return tuple(_in_order(read(each) for each in _toml_files(folder)))


def read(file: Traversable) -> Declared:
    """A declaration in a file.

    Raises:
        ConfigError: When it can't be used, with the file or source, and the key.
    """
    return declare(read_toml(file), name=file.name.removesuffix(".toml"))


def read_toml(file: Traversable) -> dict[str, Any]:
    """The keys of a TOML file.

    Raises:
        ConfigError: When it is none.
    """
    try:
        return tomli.loads(file.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise ConfigError(f"{file}: can't be read ({error.strerror})") from None
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from None


@cache
def of_packages(
    taken: frozenset[str],
) -> tuple[tuple[Declared, ...], tuple[str, ...]]:
    """The declarations that other packages bring, and what is wrong with others.

    None of their code is run.

    Args:
        taken: The names of the built-in sources.
    """
    found: list[Declared] = []
    problems = []
    for point in entry_points(group=GROUP):
        package = point.dist.name if point.dist else point.value
        try:
            place = _place(point)
            brought = [place] if place.is_file() else list(_toml_files(place))
            if not brought:
                raise ConfigError(f"{point.value!r} holds no TOML file")
        except (OSError, ImportError, ValueError, MeterError) as error:
            problems.append(_problem(package, error))
            continue
        for file in brought:
            try:
                found.append(_read_new(file, taken))
            except MeterError as error:
                problems.append(_problem(package, error))
    return tuple(_in_order(found)), tuple(problems)


def _read_new(file: Traversable, taken: frozenset[str]) -> Declared:
    made = read(file)
    if made.source.name in taken:
        raise ConfigError(f"name: {made.source.name!r} is a source already")
    return made


def _problem(package: str, error: Exception) -> str:
    return (
        f"the package {package!r} brings a source that can't be used: {error}; mend "
        "or uninstall it"
    )


def _place(point: EntryPoint) -> Traversable:
    """The folder or file that an entry point names."""
    top, *inner = point.module.split(".")
    spec = find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"{point.value!r}: there is no package named {top!r}")
    return Path(spec.submodule_search_locations[0], *inner, point.attr or "")


def _toml_files(folder: Traversable) -> Iterator[Traversable]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.name.endswith(".toml"):
            yield each


def _in_order(declared: Iterator[Declared] | list[Declared]) -> list[Declared]:
    return sorted(declared, key=lambda each: (-each.named, each.source.name))
