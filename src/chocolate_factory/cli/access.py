"""Commands on access: tokens of machines and calendar feeds, and the audit trail."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
import typer

from chocolate_factory.cli import output
from chocolate_factory.cli.jobs import HELD
from chocolate_factory.core.config import Settings, load_settings
from chocolate_factory.core.errors import ChocolateError, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI, Role
from chocolate_factory.infrastructure.clock import SystemClock
from chocolate_factory.services.check_setup import Finding
from chocolate_factory.services.keep_tokens import TokenWish, add_token, list_tokens, revoke_token
from chocolate_factory.services.record_audit import AuditQuery, Change, read_audit, record_audit
from chocolate_factory.wiring import access_rules, build, open_store

Row = dict[str, Any]
TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What it is for, e.g. `line-2-logger`.")]
RoleOption = Annotated[Role | None, typer.Option("--role", help="What the token may do.")]
CalendarOption = Annotated[
    bool, typer.Option("--calendar", help="Only for the calendar feed, where it stands in the address.")
]
DaysOption = Annotated[int | None, typer.Option("--days", help="Days until it ends. Default: no end.")]
LimitOption = Annotated[int, typer.Option("--limit", help="How many lines, 1 to 10000.")]
FEED = "/api/v1/plans/latest/exports/ics?token={}"
CHANGING = {
    "sync": (),
    "heal": (),
    "forecast": (),
    "plan": (),
    "train": (),
    "import": (),
    "stock": (),
    "restore": (),
    "log": ("start", "finish", "fail", "undo"),
    "models": ("promote", "rollback"),
    "jobs": ("run",),
    "store": ("copy",),
}
"""Commands that change something, those with words only in these."""

LOOKING = {"-h", "--help", "--what-if", "--list", "--stored", "--id", HELD}
"""Options with which a command only reads, or is a server's own job."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    token = typer.Typer(
        help="Tokens of machines and calendar feeds; without a command: the list.", rich_markup_mode=None
    )
    token.callback(invoke_without_command=True)(token_command)
    token.command("add")(add_command)
    token.command("list")(list_command)
    token.command("revoke")(revoke_command)
    app.add_typer(token, name="token")
    app.command("audit")(audit_command)


def token_command(context: typer.Context) -> None:
    """The tokens."""
    if context.invoked_subcommand is None:
        list_command()


def add_command(
    name: TokenName,
    role: RoleOption = None,
    calendar: CalendarOption = False,
    days: DaysOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Make a token and print it, once: only its digest is kept."""
    ports = build(load_settings())
    wish = TokenWish(name, role, "calendar" if calendar else "api", days)
    text, row = add_token(ports.store, wish, ports.clock())
    record_audit(ports.store, CLI, Change("token add", name, "done"), ports.clock())
    zone = ports.factory.site.timezone
    if as_json:
        output.emit({"token": text, **row}, zone)
        return
    typer.echo(text)
    use = FEED.format("…") if calendar else "`Authorization: Bearer …` with `X-Requested-With` on a POST"
    output.notes.print(f"It is shown once. Use it as {use}.", markup=False)


def list_command(as_json: output.JsonOption = False) -> None:
    """Tokens with role, state and last use; their texts are not kept."""
    ports = build(load_settings())
    show_tokens(list_tokens(ports.store, ports.clock()), ports, as_json)


def revoke_command(name: TokenName, as_json: output.JsonOption = False) -> None:
    """End a token at once."""
    ports = build(load_settings())
    row = revoke_token(ports.store, name, ports.clock())
    record_audit(ports.store, CLI, Change("token revoke", name, "done"), ports.clock())
    show_tokens([row], ports, as_json)


def show_tokens(rows: list[Row], ports: Ports, as_json: bool) -> None:
    """The tokens as a table or JSON."""
    zone = ports.factory.site.timezone
    if as_json:
        output.emit(rows, zone)
        return
    made = output.table("Tokens", "name", "role", "state", "created", "ends", "last used")
    for row in rows:
        moments = (row[key] for key in ("created_at", "ends_at", "last_used_at"))
        told = ("" if at is None else output.clock(at, zone) for at in moments)
        made.add_row(row["name"], row["role"] or row["scope"], row["state"], *told)
    output.console.print(made if rows else "There is no token; `choco token add` makes one.")


def audit_command(limit: LimitOption = 50, as_json: output.JsonOption = False) -> None:
    """Who changed what in the last 400 days and who was refused, newest first."""
    if not 1 <= limit <= 10_000:
        raise UsageError(f"--limit {limit} is out of range.", "Ask for 1 to 10000 lines.")
    ports = build(load_settings())
    zone = ports.factory.site.timezone
    rows = read_audit(ports.store, AuditQuery(limit), ports.clock())["entries"]
    if as_json:
        output.emit(rows, zone)
        return
    made = output.table("Audit trail", "when", "who", "role", "outcome", "action", "~path")
    for row in rows:
        when = output.clock(row["at"], zone)
        made.add_row(when, row["who"], row["role"] or "", row["outcome"], row["action"], row["path"])
    output.console.print(made if rows else "Nothing was changed yet.")


def findings(settings: Settings) -> list[Finding]:
    """What is wrong with the settings of access: logins that count for nothing without the secret."""
    rules = access_rules(settings)
    if not rules.logins or rules.proxy_secret is not None:
        return []
    text = f"{len(rules.logins)} Tailscale logins have roles, and no login counts without the secret."
    return [Finding("access", "warning", text, "Set CHOCO_ACCESS__PROXY_SECRET; see docs/access.md.")]


def remember(arguments: list[str]) -> None:
    """Keep a line in the audit trail for a command that changed something; its words only, no values.

    A trail that cannot be written is told, and takes nothing from what was done.
    """
    words = [word for word in arguments if not word.startswith("-")]
    if not words or words[0] not in CHANGING or LOOKING & {word.partition("=")[0] for word in arguments}:
        return
    if words == ["stock"]:
        return
    named = [word for word in words[1:] if word in CHANGING[words[0]]][:1]
    if CHANGING[words[0]] and not named:
        return
    try:
        settings = load_settings()
        store = open_store(settings, settings.store, settings.state)
        change = Change(" ".join([words[0], *named]), "", "done")
        record_audit(store, CLI, change, SystemClock(settings.now, settings.clock_rate)())
    except ChocolateError as error:
        structlog.get_logger().warning("audit line not kept", reason=error.message, hint=error.hint)
