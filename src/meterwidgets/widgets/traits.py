"""Declarations of traits: one line gives a trait its type, its default and its wire.

    title: str = synced(t.Unicode())

declares the trait and, for type checkers, a keyword of the constructor.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, TypeVar, cast, dataclass_transform

import traitlets as t

from meterwidgets.errors import unknown
from meterwidgets.widgets.validators import Validator

T = TypeVar("T")


def synced(trait: t.TraitType[T, Any]) -> T:
    """Declare a trait that Python sets and the browser shows."""
    return cast(T, trait.tag(public=True, sync=True))


def positional(
    trait: t.TraitType[T, Any], *, default: object, kw_only: Literal[False]
) -> T:
    """Declare a synced trait that the constructor also takes by position.

    Args:
        trait: The trait.
        default: Its default, and
        kw_only: False: type checkers read both here, as of `dataclasses.field`.
    """
    return synced(trait)


def inbound(trait: t.TraitType[T, Any], *, accept: Validator) -> T:
    """Declare a synced trait that the browser sets, too.

    Args:
        trait: The trait.
        accept: Checks what the browser sends; see `Guarded`.
    """
    return cast(T, trait.tag(public=True, sync=True, echo_update=False, accept=accept))


def local(trait: t.TraitType[T, Any]) -> T:
    """Declare a trait that stays in Python."""
    return cast(T, trait.tag(public=True))


@dataclass_transform(
    eq_default=False, kw_only_default=True, field_specifiers=(positional,)
)
class Traits(t.HasTraits):
    """Traits whose types are the keywords of the constructor.

    The traits of a subclass that are declared with the functions of this module are
    its public ones.
    """

    @classmethod
    @cache  # a widget is checked on each filter change
    def public_names(cls) -> tuple[str, ...]:
        """Return the names of all public traits, in alphabetical order."""
        return tuple(cls.class_traits(public=True))


def check_keywords(
    cls: type[Traits], keywords: Iterable[str], *, extra: Iterable[str] = ()
) -> None:
    """Refuse a keyword that is no public trait of `cls`.

    Args:
        cls: The class of a widget.
        keywords: The keywords that it was given.
        extra: Other keywords that it takes.

    Raises:
        TypeError: If a keyword is unknown, with a hint; ipywidgets would only warn.
    """
    names = sorted([*cls.public_names(), *extra])
    for keyword in keywords:
        if keyword not in names:
            hint = unknown("keyword", keyword, names)
            raise TypeError(f"{cls.__name__}: {hint}")
