"""Everything that can go wrong, in one tree.

    ChocolateError
    ├── UsageError      a wrong option, date or argument            400, exit 2
    ├── Busy            something else is under way                 409, exit 1
    │   └── TooMany         one caller asks too often                429, exit 1
    ├── DataMissing     needed data is not there or is late         409, exit 3
    │   └── NotFound        nothing is stored under this name       404, exit 3
    ├── SourceError     a provider did not deliver                  502, exit 4
    │   ├── Unreachable     no connection, time-out, 5xx
    │   ├── Refused         401, 403, 429: the provider said no
    │   └── Changed         it answered, but not what we can trust
    ├── ModelRefused    a kept version of a model is unsound    409, exit 3
    ├── Infeasible      no plan keeps all rules                     422, exit 5
    ├── Misconfigured   a setting or the factory file is wrong      500, exit 6
    │   └── StoreFailed     the store cannot be read or written     503, exit 6
    └── NotAllowed      the caller may not do this                  403, exit 7
        └── NotProven       the caller did not prove who it is       401, exit 7

Each class states its HTTP status, its exit code and its hint once; the doors only translate.
A message is one sentence with place and cause; the hint is the remedy. `cause` is the cause as a word for
programs, where somebody is to say it in other words or another language.
"""

from __future__ import annotations

from typing import ClassVar


class ChocolateError(Exception):
    """Base of every expected failure; `hint` says what to do about it."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Unexpected failure"
    default_hint: ClassVar[str] = "See the log."

    def __init__(self, message: str, hint: str | None = None, *, cause: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.cause = cause

    def problem(self) -> dict[str, object]:
        """The error as RFC 9457 problem details."""
        return {
            "type": f"urn:chocolate-factory:{type(self).__name__}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "hint": self.hint,
        }


class UsageError(ChocolateError):
    """A wrong option, date or argument."""

    status = 400
    exit_code = 2
    title = "Wrong request"
    default_hint = "See --help."


class Busy(ChocolateError):
    """Something else is under way that this would have to wait for."""

    status = 409
    title = "Busy"
    default_hint = "Try again in a minute."


class TooMany(Busy):
    """One caller asks too often; `wait_s` says when there is room again, in seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, message: str, hint: str | None = None, *, wait_s: int = 1) -> None:
        super().__init__(message, hint)
        self.wait_s = wait_s


class DataMissing(ChocolateError):
    """Needed data is not there, or is late."""

    status = 409
    exit_code = 3
    title = "Data missing"
    default_hint = "Run `choco sync`, then `choco holes` to see what is still missing."


class NotFound(DataMissing):
    """Nothing is stored under this name."""

    status = 404
    title = "Not found"
    default_hint = "List what is there first."


class SourceError(ChocolateError):
    """A provider did not deliver; `source` names it."""

    status = 502
    exit_code = 4
    title = "Source failed"
    default_hint = "Nothing was stored from this answer; it is asked again at the next sync."

    def __init__(
        self, message: str, hint: str | None = None, *, source: str = "", answered: bool = False
    ) -> None:
        """`answered`: the provider is there and said so with a status; only this question failed."""
        super().__init__(f"{source}: {message}" if source else message, hint)
        self.source = source
        self.answered = answered


class Unreachable(SourceError):
    """No connection, time-out or a server error."""

    title = "Source unreachable"
    default_hint = "Check the network; nothing was stored and the next sync asks again."


class Refused(SourceError):
    """The provider said no: key, quota or firewall."""

    title = "Source refused"
    default_hint = "Check the key and the request rate; nothing was stored."


class Changed(SourceError):
    """The provider answered with something that cannot be trusted."""

    title = "Source answered something unexpected"
    default_hint = "Nothing was stored; if it stays so, the provider changed its format."


class ModelRefused(ChocolateError):
    """What a model learnt is not what was saved, is of other code, or tells prices that cannot be."""

    status = 409
    exit_code = 3
    title = "Model refused"
    default_hint = "Run `choco train`; until then an older version serves, or the model is learnt afresh."


class Infeasible(ChocolateError):
    """No plan keeps all rules; `conflicts` names demand and rules."""

    status = 422
    exit_code = 5
    title = "No feasible plan"
    default_hint = "Lower the demand, add a shift or a machine, or allow lateness with --allow-late."

    def __init__(
        self, message: str, hint: str | None = None, *, conflicts: list[dict[str, object]] | None = None
    ) -> None:
        super().__init__(message, hint)
        self.conflicts = conflicts or []

    def problem(self) -> dict[str, object]:
        return {**super().problem(), "conflicts": self.conflicts}


class OutOfTime(Infeasible):
    """No plan was found in the time there was; none was proven impossible either."""

    title = "No plan found in time"
    default_hint = "Allow the planner more time."


class Misconfigured(ChocolateError):
    """A setting or the factory file is wrong."""

    exit_code = 6
    title = "Wrong configuration"
    default_hint = (
        "Correct the value at the place named; docs/settings.md and docs/factory.md list what is allowed."
    )


class StoreFailed(Misconfigured):
    """The store cannot be read or written: disk full, locked, read-only, damaged, or no server."""

    status = 503
    title = "Store not usable"
    default_hint = "Check the disk, the rights and the place of the store; nothing was changed."


class NotAllowed(ChocolateError):
    """The caller may not do this."""

    status = 403
    exit_code = 7
    title = "Not allowed"
    default_hint = "Ask an operator of this installation."


class NotProven(NotAllowed):
    """The caller did not prove who it is, or what it showed as proof does not count."""

    status = 401
    title = "Who are you?"
    default_hint = "Show a token or come through Tailscale; docs/access.md says how."
