"""The ACLED API: events, and the events that were deleted.

What is known of it comes from published descriptions and programs; docs/fetch.md says what could not be
verified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import OptionError
from analytics.fetch.asked import Options, Part
from analytics.fetch.common import days_asked, need_extra, several
from analytics.options import Progress, check_flag, check_whole
from analytics.periods import as_day

if TYPE_CHECKING:
    from analytics.fetch.acled_service import Acled
    from analytics.fetch.connection import Connection

__all__ = ["ACLED_URL", "fetch_acled", "fetch_acled_deleted"]

ACLED_URL = "https://acleddata.com"
MOST_ROWS = 5000  # of a page
_HOW = "An account is had at acleddata.com; not every kind of account may read events."


def fetch_acled(
    output: str | Path,
    *,
    country: str | Sequence[str] | None = None,
    start: object = None,
    end: object = None,
    changed_since: object = None,
    page_size: int = MOST_ROWS,
    replace: bool = False,
    restart: bool = False,
    incomplete: bool = False,
    base_url: str = ACLED_URL,
    proxy: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch events of ACLED into a CSV file that ``read_incidents`` reads.

    E-mail and password of the account are looked for in ``ACLED_EMAIL`` and ``ACLED_PASSWORD``, then in the
    keyring (`email` and `password` of ``uptick-acled``), then asked for. They are no arguments, so that they
    stand in no notebook and no history of a shell. An attempt that ended early, even by a kill, goes on when
    the same is asked for again.

    Parameters
    ----------
    output : str or Path
        The file to write, ``NAME.csv``; ``NAME.meta.toml`` beside it says what it is.
    country : str or sequence of str, optional
        As ACLED spells it; each is asked for on its own. Since 2026 what happened in international waters is
        under the name of the water.
    start, end : date-like, optional
        Only events dated to these days.
    changed_since : date-like, optional
        Only events added or changed since the start of that day (UTC), by ACLED's `timestamp`. What was
        deleted since: :func:`fetch_acled_deleted`.
    page_size : int
        Events asked for at a time, at most 5,000.
    replace : bool
        Whether a file that is there may be replaced.
    restart : bool
        Forget the pages of an attempt that ended early.
    incomplete : bool
        Take what there is, with a note, where the service gives fewer events than it tells of and two passes
        over all pages agree on them. Without it that is an error.
    base_url : str
        Another address, of a mirror or of a test; https, or this machine.
    proxy : str, optional
        The proxy to go through. The proxies of the environment are not used.
    progress : callable, optional
        ``progress(events, all_events, what)`` before each page.

    Returns
    -------
    Path
        `output`.

    Raises
    ------
    FetchError
        If the service does not give what was asked for; the pages fetched so far are kept.
    OptionError
        If an option is not usable, a credential is nowhere, or the extra ``fetch`` is not installed.
    OutputError
        If the file is there already, or cannot be written.

    Examples
    --------
    >>> fetch_acled("iraq.csv", country="Iraq", page_size=9000)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: page_size is not usable
      expected: a whole number from 1 to 5000
      found: 9000
    """
    filters = _page(page_size) | _days(start, end)
    if changed_since is not None:
        filters |= {"timestamp": _seconds(changed_since, "changed_since"), "timestamp_where": ">="}
    names = several("country", country) if country is not None else [""]
    parts = [
        Part(one or "all countries", "api/acled/read", filters | ({"country": one} if one else {}))
        for one in names
    ]
    options = _options(page_size, base_url, proxy, replace, restart, incomplete)
    _fetch(output, parts, options, progress, deleted=False)
    return Path(output)


def fetch_acled_deleted(
    output: str | Path,
    *,
    since: object,
    page_size: int = MOST_ROWS,
    replace: bool = False,
    restart: bool = False,
    incomplete: bool = False,
    base_url: str = ACLED_URL,
    proxy: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch the identifiers of events that ACLED has deleted since a day.

    They are no incidents: take the rows with these `event_id_cnty` out of a file fetched earlier. That none
    was deleted is an answer too: a file with a header only.

    Parameters
    ----------
    output : str or Path
        The file to write, ``NAME.csv``, with `event_id_cnty` and `deleted_timestamp`.
    since : date-like
        The day from which on (UTC).
    page_size, replace, restart, incomplete, base_url, proxy, progress
        As in :func:`fetch_acled`.

    Returns
    -------
    Path
        `output`.

    Raises
    ------
    FetchError, OptionError, OutputError
        As :func:`fetch_acled`.

    Examples
    --------
    >>> fetch_acled_deleted("gone.csv", since="yesterday")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    InputError: since is not a date
    """
    filters = _page(page_size) | {
        "deleted_timestamp": _seconds(since, "since"),
        "deleted_timestamp_where": ">=",
    }
    options = _options(page_size, base_url, proxy, replace, restart, incomplete)
    _fetch(output, [Part("deleted", "api/deleted/read", filters)], options, progress, deleted=True)
    return Path(output)


def _fetch(
    output: str | Path, parts: Sequence[Part], options: Options, progress: Progress | None, *, deleted: bool
) -> None:
    need_extra()
    from analytics.fetch.acled_service import Acled
    from analytics.fetch.connection import Connection, Waiting, check_base_url
    from analytics.fetch.credentials import Wanted, find_credentials
    from analytics.fetch.run import fetch_whole

    check_base_url(options.base_url)

    def open_service(tell: Callable[[str], None]) -> tuple[Acled, Connection]:
        wanted = (
            Wanted("email", "ACLED_EMAIL", "the e-mail address of the ACLED account"),
            Wanted("password", "ACLED_PASSWORD", "the password of the ACLED account"),
        )
        found = find_credentials("acled", wanted, how_to_get=_HOW)
        connection = Connection("ACLED", options.base_url, proxy=options.proxy, waiting=Waiting(tell=tell))
        connection.secrets += found.values()
        return Acled(connection, found["email"], found["password"], deleted=deleted), connection

    fetch_whole(output, parts, options, open_service, progress, may_be_empty=deleted)


def _options(
    page_size: int, base_url: str, proxy: str | None, replace: bool, restart: bool, incomplete: bool
) -> Options:
    check_flag(replace=replace, restart=restart, incomplete=incomplete)
    return Options(page_size, base_url, proxy, replace, restart, incomplete)


def _page(page_size: int) -> dict[str, str]:
    check_whole(1, MOST_ROWS, page_size=page_size)
    return {"_format": "json", "limit": str(page_size), "with_total": "true"}


def _days(start: object, end: object) -> dict[str, str]:
    """Return the filter of days; an open end is written as a day far off, so that one operator serves."""
    first, last = days_asked(start, end)
    if not first and not last:
        return {}
    return {"event_date": f"{first or '1900-01-01'}|{last or '2199-12-31'}", "event_date_where": "BETWEEN"}


def _seconds(day: object, name: str) -> str:
    """Return the start of a day as ACLED counts time: seconds since 1970, UTC."""
    found = dt.date.fromisoformat(str(as_day(day, name)))
    if found.year < 1997:
        raise OptionError(f"{name} is before ACLED", expected="1997-01-01 or later", found=str(found))
    return str(int(dt.datetime.combine(found, dt.time(), dt.UTC).timestamp()))
