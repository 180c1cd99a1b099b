"""How ACLED's API is talked to: logging in, going on when the log-in ends, and what its refusals mean."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from analytics.errors import FetchError
from analytics.fetch.asked import Faulty, Page, Part, Row
from analytics.fetch.connection import Answer, Connection
from analytics.fetch.credentials import Secret
from analytics.fetch.reading import envelope, number, rows_of

__all__ = ["Acled"]

_EARLY = 60.0  # seconds before the end of a log-in at which it is renewed
_LICENCE = (
    "ACLED terms of use: attribution (acleddata.com, with the day of access); "
    "rows of events must not be passed on"
)
_NO_ACCESS = (
    "log in at acleddata.com once, accept its terms and complete the profile; if that does not help, ask "
    "ACLED's access team whether the account may read events through the API (accounts with a private e-mail "
    "address often may not)"
)


class Acled:
    """The service; see :class:`analytics.fetch.asked.Service`.

    Parameters
    ----------
    connection : Connection
    email, password : Secret
        Sent when logging in, and nowhere else.
    deleted : bool
        Whether deleted events are asked for.
    """

    name = "acled"
    identifier = "event_id_cnty"
    licence = _LICENCE
    ends_at_total = True

    def __init__(self, connection: Connection, email: Secret, password: Secret, *, deleted: bool) -> None:
        self.connection = connection
        self.title = "ACLED"
        self.required = (
            ("event_id_cnty", "deleted_timestamp")
            if deleted
            else ("event_id_cnty", "event_date", "event_type")
        )
        self._email, self._password = email, password
        self._access: Secret | None = None
        self._renewal: Secret | None = None
        self._ends = 0.0

    @property
    def address(self) -> str:
        """Where it is."""
        return self.connection.base_url

    def first(self, part: Part) -> str:
        """Return the number of the first page."""
        return "1"

    def page(self, part: Part, at: str) -> Page:
        """Return one page."""
        answer = self._asked(part.path, {**part.filters, "page": at})
        if answer.status != 200:
            raise self._refused(part, answer)
        found = envelope(answer)
        status = number(found, "status")
        if not isinstance(found.get("data"), list) and status is not None and status >= 400:
            raise self._refused(part, Answer(status, answer.body))  # refused in so many words, with a 200
        rows = rows_of(found, "data")
        return Page(rows, str(int(at) + 1) if rows else "", number(found, "total_count"))

    def outside(self, part: Part, row: Row) -> bool:
        """Whether a row is of another country or day than asked for."""
        country, days = part.filters.get("country"), part.filters.get("event_date", "|").split("|")
        if country is not None and str(row.get("country", country)).casefold() != country.casefold():
            return True
        return "event_date" in part.filters and not days[0] <= str(row["event_date"])[:10] <= days[1]

    def nothing(self, parts: Sequence[Part]) -> FetchError:
        """Return the error for no event at all: ask for any one event, to tell an account from a filter."""
        any_one = Part("any", parts[0].path, {"_format": "json", "limit": "1"})
        found = self.connection.patiently(lambda: self.page(any_one, "1"))
        if found.rows:
            return FetchError(
                "ACLED has no event for this; the account may read events, so it is what was asked for",
                expected="at least one event",
                found=", ".join(f"{part.name}: 0" for part in parts[:5]),
                where=self.connection.host,
                todo="check the spelling of the country as ACLED writes it, and the days",
            )
        return FetchError(
            "ACLED answers without any event: the log-in worked, but this account may not read events",
            expected="at least one event when any one is asked for",
            found="HTTP 200 without rows, also without any filter",
            where=self.connection.host,
            todo=_NO_ACCESS,
        )

    def _asked(self, path: str, filters: Mapping[str, str]) -> Answer:
        """Ask, logged in; once more with a new log-in if the old one has ended."""
        if self._access is None or time.monotonic() > self._ends:
            self._log_in()
        url = f"{self.address}/{path}?{urlencode(filters)}"
        answer = self._get(url)
        if answer.status == 401:
            self._access = None
            self._log_in()
            answer = self._get(url)
        return answer

    def _get(self, url: str) -> Answer:
        assert self._access is not None
        return self.connection.get(url, {"Authorization": self._access}, prefix="Bearer ")

    def _log_in(self) -> None:
        """Get an access token: by the one for renewal if there is one, else by e-mail and password."""
        if self._renewal is not None:
            form: dict[str, str | Secret] = {"grant_type": "refresh_token", "refresh_token": self._renewal}
            self._renewal = None  # used once
            if self._take(
                self.connection.post(f"{self.address}/oauth/token", {**form, "client_id": "acled"})
            ):
                return
        answer = self.connection.post(
            f"{self.address}/oauth/token",
            {
                "username": self._email,
                "password": self._password,
                "grant_type": "password",
                "client_id": "acled",
            },
        )
        if self._take(answer):
            return
        if answer.status == 200:
            raise Faulty("the log-in is answered without a token")
        if answer.status not in (400, 401):
            raise FetchError(
                "ACLED does not let the log-in through",
                found=self.connection.shown(answer),
                where=self.connection.host,
                todo="e-mail address and password were not judged: try them at acleddata.com, or later",
            )
        raise FetchError(
            "ACLED does not accept this e-mail address and password",
            found=self.connection.shown(answer),
            where=self.connection.host,
            todo="try them at acleddata.com; they come from ACLED_EMAIL and ACLED_PASSWORD, or the keyring",
        )

    def _take(self, answer: Answer) -> bool:
        """Keep the tokens of an answer in memory; False if there are none."""
        if answer.status != 200:
            return False
        access, renewal, seconds = _tokens(answer)
        if access is None:
            return False
        self._access, self._renewal = access, renewal
        self._ends = time.monotonic() + max(seconds - _EARLY, 1.0)
        self.connection.secrets += [one for one in (access, renewal) if one is not None]
        return True

    def _refused(self, part: Part, answer: Answer) -> FetchError:
        """Return the error for a status that is no answer."""
        said, host = self.connection.shown(answer), self.connection.host
        if answer.status == 403:
            return FetchError(
                "ACLED refuses: the log-in worked, but this account may not read events through the API",
                found=said,
                where=host,
                todo=_NO_ACCESS,
            )
        if answer.status == 401:
            return FetchError(
                "ACLED does not accept its own log-in, twice", found=said, where=host, todo="try again later"
            )
        return FetchError(
            "ACLED refuses the request",
            found=said,
            where=f"{host}, {part.name}",
            todo="check the country and the days; the API may have changed",
        )


def _tokens(answer: Answer) -> tuple[Secret | None, Secret | None, float]:
    """Return access token, token for renewal and seconds; None for what no header can carry."""
    try:
        found = json.loads(answer.body)
        access, renewal = (found.get(name) for name in ("access_token", "refresh_token"))
        seconds = float(found.get("expires_in") or 3600)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None, None, 0.0
    kept = [
        Secret(one) if isinstance(one, str) and one and all("!" <= c <= "~" for c in one) else None
        for one in (access, renewal)
    ]
    return kept[0], kept[1], seconds
