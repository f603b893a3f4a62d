"""Who may do what: three roles, what each may do, and what a caller is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What a caller may do at most; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return list(Role).index(self)


class Act(StrEnum):
    """What a route is for; `LEAST` says which role it takes."""

    READ = "read"
    EXPORT = "export"
    PLAN = "plan"
    WHAT_IF = "what_if"
    ASK = "ask"
    REPORT = "report"
    HEAL = "heal"
    INGEST = "ingest"
    TRAIN = "train"
    PROMOTE = "promote"
    RUN_JOBS = "run_jobs"
    READ_NODES = "read_nodes"
    READ_AUDIT = "read_audit"


LEAST: dict[Act, Role] = {
    Act.READ: Role.VIEWER,
    Act.EXPORT: Role.OPERATOR,
    Act.PLAN: Role.OPERATOR,
    Act.WHAT_IF: Role.OPERATOR,
    Act.ASK: Role.OPERATOR,
    Act.REPORT: Role.OPERATOR,
    Act.HEAL: Role.ADMIN,
    Act.INGEST: Role.ADMIN,
    Act.TRAIN: Role.ADMIN,
    Act.PROMOTE: Role.ADMIN,
    Act.RUN_JOBS: Role.ADMIN,
    Act.READ_NODES: Role.OPERATOR,
    Act.READ_AUDIT: Role.ADMIN,
}

How = Literal["token", "calendar", "tailscale", "local", "anyone", "cli"]
"""What made a caller known: a token, the token of a calendar feed, a login that Tailscale vouches for, a
direct connection on the machine itself, nothing at all, or a command on the machine."""


@dataclass(frozen=True)
class Caller:
    """Who asks, as far as it is proven; `role` is None for a caller who may do nothing."""

    name: str
    role: Role | None
    how: How

    def may(self, role: Role) -> bool:
        """Whether the caller has this role or a higher one."""
        return self.role is not None and self.role.rank >= role.rank

    def acts(self) -> list[Act]:
        """What the caller may do."""
        return [act for act, least in LEAST.items() if self.may(least)]


CLI = Caller("cli", Role.ADMIN, "cli")
"""Who works on the machine's command line: whoever may read the state folder."""


@dataclass(frozen=True)
class AccessRules:
    """Which proofs count and for what.

    `proxy_secret` is what the hop that Tailscale makes sends besides the login; without one no login counts.
    `logins` are roles by login in lower case, `members` the role of any other proven login and `anyone` that
    of a caller without proof; None is no role. `local_admin`: a direct connection on the machine is an
    admin's. `posts_per_minute` bounds the changing requests of one caller.
    """

    local_admin: bool
    proxy_secret: str | None = None
    logins: tuple[tuple[str, Role], ...] = ()
    members: Role | None = Role.VIEWER
    anyone: Role | None = Role.VIEWER
    posts_per_minute: int = 60

    def role_of(self, login: str) -> Role | None:
        """The role of a proven login."""
        return dict(self.logins).get(login, self.members)


DEVELOPMENT = AccessRules(local_admin=True)
"""The rules of an installation without settings."""
