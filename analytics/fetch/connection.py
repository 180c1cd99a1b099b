"""One connection to one service: it waits when told to, asks again when that may help, and goes nowhere else.

Nothing of the environment is used: no proxy, no ``.netrc``. What is secret is put into a request by functions
that have returned before anything can fail, and no error of the network's library is chained to ours, so that
no traceback holds it, not even one that prints local values.
"""

from __future__ import annotations

import email.utils
import random
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import httpx
import tenacity

from analytics import __version__
from analytics._text import visible
from analytics.errors import FetchError, OptionError
from analytics.fetch.asked import Faulty
from analytics.fetch.credentials import HIDDEN, Secret, hidden

__all__ = ["Answer", "Connection", "Waiting", "check_base_url"]

LARGEST = 64 * 2**20  # bytes of one answer, unpacked; a page of 5,000 events has about 10 million
LONGEST = 900.0  # seconds waited at the service's word; longer, and the command stops to be run again
ATTEMPTS = 6  # of one page: waits of 2, 4, 8, 16, 32 seconds
_TIMEOUT = httpx.Timeout(30.0, read=120.0)
_LATER = frozenset((408, 425, 429, 500, 502, 503, 504))
_LONGEST_URL = 8000
_QUOTED = 200  # characters of an answer that an error shows
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How time passes: seconds between requests, and what sleeps; tests do not sleep."""

    pause: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = lambda what: None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the whole body, and seconds to wait if it says so."""

    status: int
    body: bytes = field(repr=False)
    after: float | None = None

    @property
    def later(self) -> bool:
        """Whether the same request may be answered later."""
        return self.status in _LATER


def check_base_url(url: object) -> str:
    """Return the address of a service without a slash at its end.

    Raises
    ------
    OptionError
        If it is none, holds credentials, or is not https and not on this machine.

    Examples
    --------
    >>> check_base_url("https://ucdpapi.pcr.uu.se/api/"), check_base_url("http://127.0.0.1:8080")
    ('https://ucdpapi.pcr.uu.se/api', 'http://127.0.0.1:8080')
    """
    parts = _split(str(url))
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        raise OptionError("base_url is no address", expected="such as https://ucdpapi.pcr.uu.se/api")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise OptionError(
            "base_url holds more than an address",
            expected="no credentials, no question mark, no #",
            todo="credentials come from the environment, the keyring or the prompt",
        )
    if parts.scheme == "http" and not _on_this_machine(parts.hostname):
        raise OptionError(
            "base_url must be https: credentials would be sent in the open",
            found=f"http to {parts.hostname}",
            todo="give https://, or an address of this machine",
        )
    return str(url).rstrip("/")


class Connection:
    """A connection to the service at one address.

    Parameters
    ----------
    title : str
        How readers know the service.
    base_url : str
        Every request goes there; see :func:`check_base_url`.
    proxy : str, optional
        The proxy to go through.
    waiting : Waiting, optional
        How time passes.

    Attributes
    ----------
    secrets : list of Secret
        Taken out of every text of the service that is shown.
    requests : int
        How many were sent.
    """

    def __init__(
        self, title: str, base_url: str, *, proxy: str | None = None, waiting: Waiting | None = None
    ) -> None:
        self.title = title
        self.base_url = check_base_url(base_url)
        self.host = urlsplit(self.base_url).netloc
        self.waiting = waiting or Waiting()
        self.requests = 0
        self.secrets: list[Secret] = []
        there = _split(proxy or "")
        if there is None or there.username or there.password:
            raise OptionError("proxy is not usable", expected="an address without name and password")
        try:
            self._client = httpx.Client(
                trust_env=False,
                follow_redirects=False,
                timeout=_TIMEOUT,
                verify=_certificates(self.base_url),
                proxy=proxy,
                headers={
                    "User-Agent": f"uptick-analytics/{__version__}",
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                },
            )
        except (ValueError, httpx.InvalidURL, ImportError):
            bad = True
        else:
            bad = False
        if bad:
            raise OptionError("proxy is no address of a proxy", expected="such as http://proxy.office:3128")

    def close(self) -> None:
        """Close it."""
        self._client.close()

    def get(self, url: str, headers: Mapping[str, Secret], *, prefix: str = "") -> Answer:
        """Ask for an address below the service's own; headers are added as the request leaves."""
        return self._send(self._request("GET", url, headers, prefix, None))

    def post(self, url: str, form: Mapping[str, str | Secret]) -> Answer:
        """Send a form."""
        return self._send(self._request("POST", url, {}, "", form))

    def patiently(self, ask: Callable[[], _T]) -> _T:
        """Return what `ask` returns; ask again, after a wait, when it raises ``Faulty``.

        Raises
        ------
        Faulty
            The last one, when it was asked often enough.
        """
        for attempt in tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Faulty),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                return ask()
        raise AssertionError("unreachable")

    def shown(self, answer: Answer) -> str:
        """Return the status and what the service says to it, as a line without secrets."""
        text = " ".join(answer.body[:4000].decode("utf-8", "replace").split())
        if text.startswith("<"):  # a page for a browser
            text = ""
        text = visible(hidden(text, self.secrets))[:_QUOTED]
        return f"HTTP {answer.status}" + (f": {text}" if text else "")

    def below(self, url: str) -> str:
        """Return an address that the service gave, without secrets, as one below its own.

        Raises
        ------
        FetchError
            If it lies elsewhere: the credentials are not sent there.
        """
        there, here = _split(url), urlsplit(self.base_url)
        if there is None or not all("!" <= letter <= "~" for letter in url) or len(url) > _LONGEST_URL:
            raise FetchError(f"{self.title} gives an address that is none for the next page", where=self.host)
        if there.netloc and not _same_place(there, here):
            raise self._elsewhere("gives a next page on another host", there)
        if not f"{there.path}/".startswith(f"{here.path}/") or ".." in there.path.split("/"):
            raise self._elsewhere(
                "gives a next page in another place of its host", SplitResult("", here.netloc, "", "", "")
            )
        if HIDDEN in url:
            raise FetchError(
                f"{self.title} writes the credentials into the address of the next page",
                expected="an address without them",
                where=self.host,
                todo="do not use this server",
            )
        return f"{here.scheme}://{here.netloc}{there.path}" + (f"?{there.query}" if there.query else "")

    def _elsewhere(self, what: str, there: SplitResult) -> FetchError:
        host = there.hostname or self.host
        return FetchError(
            f"{self.title} {what}; the credentials are not sent there",
            expected=f"an address below {self.base_url}",
            found=visible(hidden(host, self.secrets)),
            where=self.host,
            todo="for a mirror, give its own address as base_url, and let it write its own next pages",
        )

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, Secret],
        prefix: str,
        form: Mapping[str, str | Secret] | None,
    ) -> httpx.Request:
        """Return a request with what is secret in it; nothing can fail here that would show it."""
        return self._client.build_request(
            method,
            url,
            headers={name: prefix + secret.reveal() for name, secret in headers.items()},
            data=form and {n: v.reveal() if isinstance(v, Secret) else v for n, v in form.items()},
        )

    def _send(self, request: httpx.Request) -> Answer:
        """Send one request and return the whole answer.

        Raises
        ------
        Faulty
            If there is no whole answer, or the service asks to come back later.
        FetchError
            If it sends us elsewhere, sends too much, or asks to come back much later.
        """
        if self.requests:
            self.waiting.sleep(self.waiting.pause)
        self.requests += 1
        said, answer, location = "", None, ""
        try:
            got = self._client.send(request, stream=True)
            try:
                answer = Answer(got.status_code, self._body(got), _seconds(got.headers.get("retry-after")))
                location = got.headers.get("location", "")
            finally:
                got.close()
        except httpx.TimeoutException:
            said = "no answer in time"
        except httpx.TransportError as error:
            said = visible(hidden(str(error), self.secrets)) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in said:
            raise FetchError(
                f"whoever answers for {self.title} cannot show that it is {self.host}; nothing was sent",
                found=said,
                where=self.host,
                todo="an office's own gate may stand between: this machine has to trust its certificate",
            )
        if answer is None:
            raise Faulty(f"the connection failed: {said}")
        if 300 <= answer.status < 400:
            there = _split(location) or SplitResult("", "", "", "", "")
            raise self._elsewhere(f"sends us elsewhere (HTTP {answer.status})", there)
        if answer.later:
            if answer.after is not None and answer.after > LONGEST:
                raise FetchError(
                    f"{self.title} asks to come back in {answer.after / 3600:.1f} hours",
                    found=self.shown(answer),
                    where=self.host,
                    todo="run the same command again then: the pages fetched so far are kept",
                )
            raise Faulty(self.shown(answer), after=answer.after)
        return answer

    def _body(self, got: httpx.Response) -> bytes:
        packed = got.headers.get("content-encoding", "identity").casefold()
        if packed not in ("identity", "", "gzip"):
            raise Faulty(f"the answer is packed as {visible(packed)[:20]}, and gzip was asked for")
        unpacking = zlib.decompressobj(31) if packed == "gzip" else None
        body = bytearray()
        for chunk in got.iter_raw():
            body += chunk if unpacking is None else _unpacked(unpacking, chunk, LARGEST + 1 - len(body))
            if len(body) > LARGEST:
                body.clear()
                raise FetchError(
                    f"{self.title} sends more than {LARGEST // 2**20} MB in one answer",
                    where=self.host,
                    todo="give a smaller page_size",
                )
        if unpacking is not None and not unpacking.eof:
            raise Faulty("the answer ends early")
        return bytes(body)

    def _sleep(self, seconds: float) -> None:
        if seconds >= 1:
            self.waiting.tell(f"waiting {seconds:.0f} s for {self.title}")
        self.waiting.sleep(seconds)


def _unpacked(unpacking: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    try:
        return unpacking.decompress(chunk, most)
    except zlib.error:
        pass
    raise Faulty("the answer cannot be unpacked")


def _certificates(base_url: str) -> ssl.SSLContext | bool:
    """Return whose word is taken for who the service is: the usual ones, and what an office installed."""
    if base_url.startswith("http:"):
        return False  # on this machine, without any
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _wait(state: tenacity.RetryCallState) -> float:
    """Return seconds to wait: what the service says, else twice as long each time, a little by chance."""
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, Faulty) and error.after is not None:
        return max(error.after, 0.0)
    return 2.0**state.attempt_number * random.uniform(0.8, 1.2)


def _seconds(stated: str | None) -> float | None:
    """Return what Retry-After says, in seconds; None where it says nothing that can be read."""
    if not stated:
        return None
    if stated.strip().isdecimal():
        return float(stated.strip())
    try:
        return max(email.utils.parsedate_to_datetime(stated).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts


def _same_place(there: SplitResult, here: SplitResult) -> bool:
    """Whether two addresses name one host and port; http for https does not matter, ours is used."""
    usual = {"http": 80, "https": 443}
    ports = [one.port if one.port != usual.get(one.scheme) else None for one in (there, here)]
    return there.hostname == here.hostname and ports[0] == ports[1]


def _on_this_machine(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
