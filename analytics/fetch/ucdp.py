"""The UCDP API: events of GED, yearly and candidate releases.

What is known of it comes from published descriptions and programs; docs/fetch.md says what could not be
verified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from analytics.errors import FetchError, OptionError, nearest
from analytics.fetch.asked import Faulty, Options, Page, Part, Row
from analytics.fetch.common import days_asked, need_extra, several
from analytics.geo import find_country
from analytics.geo.states import all_states, find_state
from analytics.options import Progress, check_flag, check_whole

if TYPE_CHECKING:
    from analytics.fetch.connection import Answer, Connection
    from analytics.fetch.credentials import Secret

__all__ = ["UCDP_URL", "fetch_ucdp"]

UCDP_URL = "https://ucdpapi.pcr.uu.se/api"
MOST_ROWS = 1000  # of a page
A_DAY = 5000  # requests of one token
_RELEASE = re.compile(r"[0-9]{2}\.[0-9]{1,2}(\.[0-9]{1,2}){0,2}")
_HOW = "A token is had by writing to the maintainer named on ucdp.uu.se/apidocs."
LICENCE = (
    "CC BY 4.0: cite Sundberg and Melander (2013), Introducing the UCDP Georeferenced Event Dataset, "
    "Journal of Peace Research 50(4), and the release"
)


def fetch_ucdp(
    output: str | Path,
    *,
    release: str | Sequence[str],
    country: str | int | Sequence[str | int] | None = None,
    start: object = None,
    end: object = None,
    page_size: int = MOST_ROWS,
    replace: bool = False,
    restart: bool = False,
    incomplete: bool = False,
    base_url: str = UCDP_URL,
    proxy: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch events of UCDP GED into a CSV file that ``read_incidents`` reads.

    The token is looked for in the variable ``UCDP_ACCESS_TOKEN``, then in the keyring (`token` of
    ``uptick-ucdp``), then asked for. It is no argument, so that it stands in no notebook and no history of a
    shell. An attempt that ended early, even by a kill, goes on when the same is asked for again.

    Parameters
    ----------
    output : str or Path
        The file to write, ``NAME.csv``; ``NAME.meta.toml`` beside it says what it is.
    release : str or sequence of str
        ``"25.1"`` (yearly), ``"26.0.8"`` (candidate events of August 2026). Several are fetched in the order
        given: put later ones last, which the reader takes for the current version of an event.
    country : str, int or sequence, optional
        Gleditsch and Ward's number of the country (645 is Iraq), or a state's name or code in ISO 3166-1.
    start, end : date-like, optional
        Only events of these days, as the service understands it.
    page_size : int
        Events asked for at a time, at most 1,000.
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
        If an option is not usable, the token is nowhere, or the extra ``fetch`` is not installed.
    OutputError
        If the file is there already, or cannot be written.

    Examples
    --------
    >>> fetch_ucdp("iraq.csv", release="25")
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: release is none of UCDP's
      expected: such as 25.1 (yearly) or 26.0.8 (candidate)
      found: 25
    """
    need_extra()
    check_whole(1, MOST_ROWS, page_size=page_size)
    check_flag(replace=replace, restart=restart, incomplete=incomplete)
    filters = {"pagesize": str(page_size)} | _days(start, end)
    parts = [
        Part(
            name=f"{named} {one}",
            path=f"gedevents/{one}",
            filters=filters | ({"Country": number} if number else {}),
            release=one,
        )
        for one in _releases(release)
        for named, number in _countries(country)
    ]
    options = Options(page_size, base_url, proxy, replace, restart, incomplete)

    from analytics.fetch.connection import Connection, Waiting, check_base_url
    from analytics.fetch.credentials import Wanted, find_credentials
    from analytics.fetch.run import fetch_whole

    check_base_url(base_url)

    def open_service(tell: Callable[[str], None]) -> tuple[Ucdp, Connection]:
        wanted = Wanted("token", "UCDP_ACCESS_TOKEN", "the access token of UCDP", token=True)
        token = find_credentials("ucdp", [wanted], how_to_get=_HOW)["token"]
        connection = Connection("UCDP", base_url, proxy=proxy, waiting=Waiting(tell=tell))
        connection.secrets.append(token)
        return Ucdp(connection, token), connection

    fetch_whole(output, parts, options, open_service, progress)
    return Path(output)


@dataclass(frozen=True, eq=False)
class Ucdp:
    """The service; see :class:`analytics.fetch.asked.Service`."""

    connection: Connection
    token: Secret
    name: str = "ucdp"
    title: str = "UCDP"
    identifier: str = "id"
    required: tuple[str, ...] = ("id", "type_of_violence", "date_start", "date_end", "best")
    licence: str = LICENCE
    ends_at_total: bool = False

    @property
    def address(self) -> str:
        """Where it is."""
        return self.connection.base_url

    def first(self, part: Part) -> str:
        """Return the first page's address, without a number: whether they begin at 0 or 1 is not stated."""
        return f"{self.address}/{part.path}?{urlencode(part.filters)}"

    def page(self, part: Part, at: str) -> Page:
        """Return one page."""
        answer = self.connection.get(at, {"x-ucdp-access-token": self.token})
        if answer.status != 200:
            raise self._refused(part, answer)
        from analytics.fetch.credentials import hidden
        from analytics.fetch.reading import envelope, number, rows_of

        found = envelope(answer)
        pages = number(found, "TotalPages")
        if "NextPageUrl" not in found:
            raise Faulty("the answer does not say where the next page is")
        if pages is not None and pages > A_DAY:
            raise FetchError(
                f"this would need {pages:,} requests, and a token has {A_DAY:,} a day",
                where=self.connection.host,
                todo="give a larger page_size, a country or fewer days",
            )
        found.pop("PreviousPageUrl", None)
        # Nothing holds what the service may have written into its addresses, not even the frame of an error.
        following = hidden(str(found.pop("NextPageUrl", None) or ""), self.connection.secrets)
        return Page(
            rows_of(found, "Result"),
            self.connection.below(following) if following else "",
            number(found, "TotalCount"),
        )

    def outside(self, part: Part, row: Row) -> bool:
        """Whether a row is of another country, or lies wholly outside the days asked for."""
        asked = part.filters
        first, last = str(row["date_start"])[:10], str(row["date_end"])[:10]
        country = str(row.get("country_id") or "")
        other = country != "" and asked.get("Country", country) != country
        return other or last < asked.get("StartDate", "") or first > asked.get("EndDate", "9999")

    def nothing(self, parts: Sequence[Part]) -> FetchError:
        """Return the error for no event at all."""
        return FetchError(
            "UCDP has no event for this",
            expected="at least one",
            found=", ".join(f"{part.name}: 0" for part in parts[:5]),
            where=self.connection.host,
            todo="check the country's number and the days; a release holds no event after its last day",
        )

    def _refused(self, part: Part, answer: Answer) -> Exception:
        """Return the error for a status that is no answer."""
        said = self.connection.shown(answer)
        if answer.status == 400 and self.connection.requests > 1:
            return Faulty(said, after=30.0, todo="the day's 5,000 requests may be used up: go on tomorrow")
        if answer.status in (401, 403):
            return FetchError(
                "UCDP does not accept the access token",
                found=said,
                where=self.connection.host,
                todo=f"check UCDP_ACCESS_TOKEN, or the keyring's token of uptick-ucdp. {_HOW}",
            )
        if answer.status == 404:
            return FetchError(
                f"UCDP has no release {part.release}",
                expected="a yearly release such as 25.1, or a candidate one such as 26.0.8",
                found=said,
                where=self.connection.host,
                todo="ucdp.uu.se/downloads lists them",
            )
        return FetchError(
            "UCDP refuses the request",
            found=said,
            where=f"{self.connection.host}, {part.name}",
            todo="a filter may be wrong, or the day's 5,000 requests are used up: then go on tomorrow",
        )


def _releases(release: str | Sequence[str]) -> list[str]:
    found = several("release", release)
    for one in found:
        if not _RELEASE.fullmatch(one):
            raise OptionError(
                "release is none of UCDP's",
                expected="such as 25.1 (yearly) or 26.0.8 (candidate)",
                found=one,
            )
    return found


def _countries(country: str | int | Sequence[str | int] | None) -> list[tuple[str, str]]:
    """Return how each country is called and its number; the whole world has none."""
    if country is None:
        return [("GED", "")]
    found = []
    for one in several("country", country):
        if one.isdecimal():
            found.append((f"country {int(one)}", str(int(one))))
            continue
        own, state = find_country(one), find_state(one)
        if own is not None and own.gleditsch_ward:
            found.append((own.name, str(own.gleditsch_ward)))
        elif state is not None:
            found.append((state.name, str(state.gleditsch_ward)))
        else:
            close = nearest(one, [n for s in all_states() for n in (s.name, *s.names)])
            raise OptionError(
                f"the number that UCDP has for {one} is not known here",
                expected="a state's name, its ISO 3166-1 code, or Gleditsch and Ward's number, such as 645",
                todo=f"did you mean {' or '.join(close)}?"
                if close
                else "it stands in the column country_id of any UCDP file: country=NUMBER",
            )
    return found


def _days(start: object, end: object) -> dict[str, str]:
    first, last = days_asked(start, end)
    asked: dict[str, Any] = {"StartDate": first, "EndDate": last}
    return {name: day for name, day in asked.items() if day}
