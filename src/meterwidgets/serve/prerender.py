"""The figures of the first HTML, which the server reads before a kernel runs."""

from __future__ import annotations

import logging
from collections import OrderedDict
from weakref import ref

from meterwidgets.errors import MeterError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.present.prerender import Prerender, prerender
from meterwidgets.serve.scoped.frames import Cut, ScopedFrames

MAX_CACHED = 200
"""Addresses of one scope whose figures are cached: most users open the same few."""
_SCOPES = 64
"""Scopes whose figures are cached."""
_Cache = dict[tuple[str, str], Prerender]
_log = logging.getLogger("meterwidgets")


class Prerenderer:
    """Makes and caches the figures that pages begin with; any thread may ask.

    Args:
        frames: The usage of each scope.
    """

    def __init__(self, frames: ScopedFrames) -> None:
        self._frames = frames
        self._caches: OrderedDict[str, tuple[ref[UsageFrame], _Cache]] = OrderedDict()

    def get(self, page: str, query: str, cut: Cut) -> Prerender | None:
        """The figures of an address.

        Args:
            page: The page's key.
            query: The filters of the address.
            cut: What the page is made of.

        Returns:
            None where there are none to show: the page itself will say why.
        """
        try:
            usage, cache = self._cache_of(cut)
            key = page, query
            if key not in cache and len(cache) >= MAX_CACHED:
                cache.clear()
            if key not in cache:
                user = cut.scope.user or ""
                cache[key] = prerender(usage, page, query, user=user)
            return cache[key]
        except MeterError:
            return None
        except Exception:  # noqa: BLE001 - the page comes without them
            _log.exception("the first figures of /%s could not be made", page)
            return None

    def _cache_of(self, cut: Cut) -> tuple[UsageFrame, _Cache]:
        """The newest usage of a scope with its cache: a store may have grown since."""
        usage, key = self._frames.usage(cut), cut.scope.key
        # One tuple, replaced at once: figures never enter the cache of another usage.
        state = self._caches.get(key)
        if state is None or state[0]() is not usage:
            state = self._caches[key] = ref(usage), {}
            while len(self._caches) > _SCOPES:
                self._caches.popitem(last=False)
        return usage, state[1]
