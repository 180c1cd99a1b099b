"""A server of our own that plays the APIs of UCDP and ACLED on this machine, with their faults.

All events are made up here. Every credential it takes or gives holds the word CANARY, so that one search over
whatever a program leaves behind shows whether any came out.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

CANARY = "CANARY"
TOKEN, EMAIL, PASSWORD = "CANARY-ucdp-7f3a", "CANARY@office.example", "CANARY pass=word&7f3a"
_FIRST = dt.date(2023, 1, 1)
_ODD = ("plain", "with, comma", 'with "quotes"', "two\nlines", "=1+1", "Şırnak, نينوى", "")


def ucdp_events(number: int, *, country: str = "Iraq", country_id: int = 645, first: int = 1) -> list[dict]:
    """Simulated rows in the columns of UCDP's API that readers need, and some more."""
    rows = []
    for at in range(number):
        day = _FIRST + dt.timedelta(days=at % 700)
        rows.append({
            "id": first + at, "relid": f"IRQ-{at}", "year": day.year, "active_year": at % 2 == 0,
            "code_status": "Clear", "type_of_violence": 1 + at % 3, "side_a": "Government of Iraq",
            "side_b": "IS", "where_coordinates": _ODD[at % 7], "adm_1": "Diyala province", "adm_2": None,
            "latitude": 33.75, "longitude": 44.60, "where_prec": 1, "country": country,
            "country_id": country_id, "gwnoa": "645", "date_prec": 1, "date_start": f"{day}T00:00:00",
            "date_end": f"{day}T00:00:00", "best": at % 5, "high": at % 5, "low": 0,
        })  # fmt: skip
    return rows


def acled_events(number: int, *, country: str = "Iraq") -> list[dict]:
    """Simulated rows in the columns of ACLED's API, newest first, values as text."""
    rows = []
    for at in range(number):
        day = _FIRST + dt.timedelta(days=at % 700)
        rows.append({
            "event_id_cnty": f"{country[:3].upper()}{at + 1}", "event_date": str(day), "year": str(day.year),
            "time_precision": "1", "disorder_type": "Political violence", "event_type": "Battles",
            "sub_event_type": "Armed clash", "actor1": "Unidentified", "inter1": "State forces",
            "country": country, "admin1": "Diyala", "admin2": "", "location": _ODD[at % 7],
            "latitude": "33.7500", "longitude": "44.6000", "geo_precision": "1", "fatalities": str(at % 5),
            "timestamp": str(1_700_000_000 + at),
        })  # fmt: skip
    return rows[::-1]


def asked_for(row: dict, query: dict[str, str]) -> bool:
    """Whether a filter lets a row through, of either service."""
    if "date_start" in row:
        day = row["date_start"][:10]
        return query.get("Country", str(row.get("country_id"))) == str(row.get("country_id")) and (
            query.get("StartDate", "") <= day <= query.get("EndDate", "9999")
        )
    first, last = query.get("event_date", "|9999").split("|")
    return query.get("country", row.get("country")) == row.get("country") and (
        first <= row.get("event_date", first) <= last
    )


@dataclass
class World:
    """What the services hold and how they behave; tests change it, also while pages are fetched.

    `faults` gives, for the number of a page from 0, what goes wrong each time it is asked for, in turn.
    `on_page` is called before a page is answered.
    """

    ucdp: list[dict] = field(default_factory=list)
    acled: list[dict] = field(default_factory=list)
    deleted: list[dict] = field(default_factory=list)
    faults: dict[int, list[object]] = field(default_factory=dict)
    on_page: object = None
    total: int | None = None  # told in place of the true one
    pages: int | None = None
    names_next: bool = True
    tells_total: bool = True
    next_page: str = ""  # a format of the address of the next page, in place of the true one
    releases: tuple[str, ...] = ("25.1", "26.0.8")
    may_read: str = "all"  # or "forbidden", "empty"
    refreshes: bool = True
    log_in: int = 200
    tokens: bool = True  # whether a log-in is answered with one
    accepts: bool = True  # its own tokens
    packs: bool = False
    retry_after: str = "7"
    seen: list[tuple[str, str]] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)
    serial: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body of an answer leave together
    server: Server

    def log_message(self, *args: object) -> None:
        pass

    @property
    def world(self) -> World:
        return self.server.world

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.world.seen.append(("GET", self.path))
        with self.server.one_at_a_time:
            if url.path.startswith("/api/gedevents/"):
                self._ucdp(url.path.rpartition("/")[2], query)
            elif url.path in ("/api/acled/read", "/api/deleted/read"):
                self._acled(query, self.world.acled if "acled" in url.path else self.world.deleted)
            else:
                self._json(404, {"message": "nothing here"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        world = self.world
        world.seen.append(("POST", self.path))
        world.grants.append(form["grant_type"])
        if world.log_in != 200:
            self._send(world.log_in, b"<html>Are you human?</html>", {})
            return None
        if form["grant_type"] == "refresh_token":
            fits = world.refreshes and form["refresh_token"] == f"{CANARY}-renew-{world.serial}"
        else:
            fits = (form["username"], form["password"]) == (EMAIL, PASSWORD)
        if not fits or form["client_id"] != "acled":
            said = f"Wrong: {form.get('password', form.get('refresh_token'))}"
            return self._json(400, {"error": "invalid_grant", "error_description": said})
        if not world.tokens:
            return self._json(200, {"token_type": "Bearer"})
        world.serial += 1
        world.valid = {f"{CANARY}-access-{world.serial}"}
        return self._json(200, {
            "token_type": "Bearer", "expires_in": 86400, "access_token": f"{CANARY}-access-{world.serial}",
            "refresh_token": f"{CANARY}-renew-{world.serial}",
        })  # fmt: skip

    def _ucdp(self, release: str, query: dict[str, str]) -> None:
        world, token = self.world, self.headers.get("x-ucdp-access-token")
        if token != TOKEN:
            self._json(401, {"message": f"API token required, got {token}"})
            return
        if release not in world.releases:
            self._json(404, {"message": "No such version"})
            return
        page, size = int(query.get("page", 0)), int(query["pagesize"])
        if callable(world.on_page):
            world.on_page(world, page)
        rows = [row for row in world.ucdp if asked_for(row, query)]
        pages = -(-len(rows) // size)
        host = f"http://{self.headers['Host']}"
        rest = "&".join(f"{n}={v}" for n, v in query.items() if n != "page")
        following = ""
        if page + 1 < pages:
            form = world.next_page or "{host}/api/gedevents/{release}?{rest}&page={page}"
            following = form.format(host=host, release=release, rest=rest, page=page + 1)
        fault = self._fault(page)
        shown = page - 1 if fault == "repeated" else page
        self._answer(fault, {
            "TotalCount": len(rows) if world.total is None else world.total,
            "TotalPages": pages if world.pages is None else world.pages,
            "PreviousPageUrl": "", **({"NextPageUrl": following} if world.names_next else {}),
            "Result": rows[shown * size : (shown + 1) * size],
        })  # fmt: skip

    def _acled(self, query: dict[str, str], events: list[dict]) -> None:
        world = self.world
        if (
            self.headers.get("Authorization", "").removeprefix("Bearer ") not in world.valid
            or not world.accepts
        ):
            return self._json(401, {"message": f"expired: {self.headers.get('Authorization')}"})
        if world.may_read == "forbidden":
            return self._json(403, {"message": "Access denied"})
        if world.may_read == "said":
            return self._json(200, {"status": 403, "success": False, "error": {"message": "Access denied"}})
        page, size = int(query.get("page", 1)) - 1, int(query["limit"])
        if callable(world.on_page):
            world.on_page(world, page)
        rows = [row for row in events if asked_for(row, query)]
        rows = [] if world.may_read == "empty" else rows
        fault = self._fault(page)
        if fault == "expired":
            world.valid = set()
            return self._json(401, {"message": "The access token has expired"})
        shown = page - 1 if fault == "repeated" else page
        told = {"total_count": len(rows) if world.total is None else world.total}
        return self._answer(fault, {
            "status": 200, "success": True, "count": len(rows[shown * size : (shown + 1) * size]),
            **(told if world.tells_total and query.get("with_total") == "true" else {}),
            "data": rows[shown * size : (shown + 1) * size],
        })  # fmt: skip

    def _fault(self, page: int) -> object:
        left = self.world.faults.get(page)
        return left.pop(0) if left else None

    def _answer(self, fault: object, found: dict) -> None:
        if isinstance(fault, int):
            headers = {"Retry-After": self.world.retry_after} if fault == 429 else {}
            return self._json(fault, {"message": f"fault {fault}"}, headers)
        body = json.dumps(found).encode()
        if fault == "redirect":
            return self._json(302, {}, {"Location": "https://elsewhere.example/api"})
        if fault == "malformed":
            body = body[: len(body) // 2]
        if fault == "page":
            return self._send(200, b"<!doctype html><p>Are you human?", {})
        if fault == "bomb":
            body = gzip.compress(b" " * 5_000_000)
            return self._send(200, body, {"Content-Encoding": "gzip"})
        if fault == "packed oddly":
            return self._send(200, body, {"Content-Encoding": "br"})
        if self.world.packs or fault == "cut packed":
            body = gzip.compress(body)
            if fault == "cut packed":
                body = body[: len(body) // 2]
            return self._send(200, body, {"Content-Encoding": "gzip"})
        return self._send(200, body, {}, cut=fault == "cut")

    def _json(self, status: int, found: dict, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(found).encode(), headers or {})

    def _send(self, status: int, body: bytes, headers: dict[str, str], *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


class Server(ThreadingHTTPServer):
    """Both services on a port of this machine, for as long as the ``with`` lasts."""

    daemon_threads = True

    def __init__(self, world: World) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.world = world
        self.one_at_a_time = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: what is cut or killed goes away without a word."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Server:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
