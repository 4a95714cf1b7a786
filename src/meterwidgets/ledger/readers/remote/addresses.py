"""What an address names, whichever server it is of."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.ledger.readers.stored_file import StoredFile


def find_remote(source: str, suffixes: Sequence[str]) -> list[StoredFile]:
    """The objects or the page that an address names; none for anything else.

    Args:
        source: What a user named.
        suffixes: What the names of ledgers end in, where many are listed.

    Raises:
        LedgerError: When nothing is there, or it may not be read.
    """
    if "://" not in source:
        return []
    # few ledgers have an address, and clients take long to load
    from meterwidgets.ledger.readers.remote.bucket import find_objects
    from meterwidgets.ledger.readers.remote.bucket_address import parse_bucket_address
    from meterwidgets.ledger.readers.remote.web_page import find_page

    if address := parse_bucket_address(source):
        return find_objects(address, suffixes)
    page = find_page(source)
    return [page] if page else []
