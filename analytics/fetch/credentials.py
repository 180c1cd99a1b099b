"""Who may fetch: from the environment, the keyring, or asked for; in no text that leaves the program."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from analytics.errors import OptionError

__all__ = ["HIDDEN", "Secret", "Wanted", "find_credentials", "hidden"]

HIDDEN = "[hidden]"


class Secret:
    """A text that is shown nowhere: its repr, its string and its pickle do not hold it.

    Examples
    --------
    >>> Secret("abc"), f"{Secret('abc')}"
    ([hidden], '[hidden]')
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text; never keep it in a name."""
        return self.__text

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is written nowhere")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One credential: its name in the keyring, its variable, how it is asked for, whether it is a token."""

    name: str
    variable: str
    label: str
    token: bool = False


def find_credentials(
    service: str, wanted: Sequence[Wanted], *, how_to_get: str, ask: Callable[[Wanted], str] | None = None
) -> dict[str, Secret]:
    """Return the credentials of a service: each from the environment, else the keyring, else asked for.

    Parameters
    ----------
    service : str
        Such as ``"acled"``; the keyring knows it as ``uptick-acled``.
    wanted : sequence of Wanted
    how_to_get : str
        Where an account is had, for the error.
    ask : callable, optional
        Asks for one; by default on a terminal or in a notebook, where what is typed is not shown.

    Raises
    ------
    OptionError
        If one is nowhere and nobody can be asked, or it cannot be one.
    """
    found: dict[str, Secret] = {}
    for one in wanted:
        text = os.environ.get(one.variable, "").strip()
        where = f"the variable {one.variable}"
        if not text:
            text, where = _from_keyring(service, one.name), f"the keyring (uptick-{service}, {one.name})"
        if not text:
            text, where = (ask or _ask)(one).strip(), "what was typed"
        if not text:
            raise OptionError(
                f"{one.label} is not known",
                expected=f"the variable {one.variable}, or in the keyring {one.name} of uptick-{service}",
                found="neither, and nobody to ask at a terminal",
                todo=f"set {one.variable}, or: keyring set uptick-{service} {one.name}. {how_to_get}",
            )
        found[one.name] = Secret(text)
        if one.token:
            _check_token(found[one.name], f"{one.label} from {where}")
    return found


def hidden(text: str, secrets: Sequence[Secret]) -> str:
    """Return a text of others without any of these secrets in it.

    Examples
    --------
    >>> hidden("no such token: abc", [Secret("abc")])
    'no such token: [hidden]'
    """
    for secret in secrets:
        text = text.replace(secret.reveal(), HIDDEN)
    return text


def _check_token(secret: Secret, what: str) -> None:
    """Refuse what no header can carry, without showing it."""
    if not all("!" <= letter <= "~" for letter in secret.reveal()):
        raise OptionError(
            f"{what} cannot be one",
            expected="letters, digits and signs without blanks",
            todo="copy it again, alone",
        )


def _from_keyring(service: str, name: str) -> str:
    """Return what the keyring of this machine holds; "" without a keyring, or one that stays locked."""
    import keyring
    import keyring.errors

    with contextlib.suppress(keyring.errors.KeyringError):
        return (keyring.get_password(f"uptick-{service}", name) or "").strip()
    return ""


def _ask(one: Wanted) -> str:
    if not sys.stdin.isatty() and "ipykernel" not in sys.modules:
        return ""
    # A notebook that nobody sits at raises NotImplementedError, a closed terminal EOFError.
    with contextlib.suppress(EOFError, NotImplementedError, RuntimeError):
        return getpass.getpass(f"{one.label} (not shown): ")
    return ""
