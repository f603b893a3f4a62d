"""Questions on the private network: nodes, who is connected, whose an address is, when certificates end."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.certificates import ends_at
from chocolate_factory.domain.nodes import read_status
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI, Caller, Role
from chocolate_factory.domain.told import Told
from chocolate_factory.infrastructure.tailscale import Tailscale
from chocolate_factory.services.ask_question import AskRules, Desk, Question, ask_question
from chocolate_factory.services.assistant.tools import PRIVATE, TOOLS, call_tool, offered
from tests.services.papers import world
from tests.services.tailnet import DOMAIN, LAPTOP, STATUS, WHOIS, daemon

END = datetime(2026, 5, 30, 11, 22, 33, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(end: datetime) -> bytes:
    """A certificate made by another program than the one that reads it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    made = made.serial_number(2**150 + 1).not_valid_before(end - timedelta(days=90)).not_valid_after(end)
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    folder = tmp_path_factory.mktemp("certs")
    (folder / f"{DOMAIN}.crt").write_bytes(certificate(END) + certificate(END + timedelta(days=999)))
    (folder / f"{DOMAIN}.key").write_text("secret")
    with daemon() as socket:
        network = Tailscale(socket, "no-such-command", folder)
        yield replace(world(tmp_path_factory.mktemp("nodes")), network=network)


def values(told: Told) -> dict[str, Any]:
    return {key: fact.value for key, fact in told.facts.items()}


def test_nodes(ports: Ports) -> None:
    told = call_tool(ports, "network_nodes", {}, CLI)
    facts = values(told)
    assert (facts["count"], facts["online"], told.missing, told.sample) == (5, 3, False, False)
    assert facts["node4_seen"] == datetime(2026, 3, 9, 21, 15, 0, 100_000, tzinfo=UTC)
    assert told.spoken("es")[1] == "factory-prod (linux): en línea."
    assert told.spoken("en")[4:] == [
        "marias-phone (android): offline, last seen Monday 9 March at 22:15.",
        "never: offline.",
    ]
    assert not any("maria@" in sentence for sentence in told.spoken("en"))


def test_connections_name_owner_and_path(ports: Ports) -> None:
    told = call_tool(ports, "network_connections", {}, CLI)
    assert told.spoken("en") == [
        "Machines that have traffic with this one now: 2.",
        "git, tagged ci, git; connection relayed.",
        "laptop-7, of maria@plant.example; connection direct.",
    ]


def test_whose_an_address_is(ports: Ports) -> None:
    told = call_tool(ports, "network_whois", {"address": LAPTOP}, CLI)
    assert told.spoken("es") == [f"{LAPTOP} es laptop-7, de maria@plant.example."]
    told = call_tool(ports, "network_whois", {"address": "fd7a:115c:a1e0:0::9"}, CLI)
    assert told.spoken("en") == ["fd7a:115c:a1e0::9 is git, tagged git."]
    assert call_tool(ports, "network_whois", {"address": "100.64.0.99"}, CLI).missing
    assert (
        "names no machine"
        in call_tool(ports, "network_whois", {"address": "100.64.0.66"}, CLI).spoken("en")[0]
    )
    assert call_tool(ports, "network_whois", {}, CLI).missing
    for wrong in ("localhost", "100.64.0.7&x=1", "fe80::1%eth0;rm", "--json", "100.64.0.7:443", 7):
        with pytest.raises(UsageError):
            call_tool(ports, "network_whois", {"address": wrong}, CLI)


def test_the_end_of_a_certificate_is_read_from_its_file(ports: Ports, tmp_path: Path) -> None:
    told = call_tool(ports, "certificates", {}, CLI)
    assert values(told) == {"domain1": DOMAIN, "domain1_ends": END}
    assert told.spoken("en") == [f"The certificate of {DOMAIN} ends on Saturday 30 May at 13:22."]
    assert (
        "2026"
        in call_tool(replace(ports, clock=lambda: END.replace(year=2027)), "certificates", {}, CLI).spoken(
            "es"
        )[0]
    )
    assert isinstance(ports.network, Tailscale)
    for folder, says in ((None, "not known when"), (tmp_path, "not known when")):
        bare = replace(ports, network=Tailscale(ports.network.socket, certificates=folder))
        told = call_tool(bare, "certificates", {}, CLI)
        assert told.missing and says in told.spoken("en")[0] and "domain1_ends" not in told.facts
    (tmp_path / f"{DOMAIN}.crt").write_bytes(certificate(END)[:200])
    bare = replace(ports, network=Tailscale(ports.network.socket, certificates=tmp_path))
    assert "no certificate in it" in call_tool(bare, "certificates", {}, CLI).spoken("en")[0]


@pytest.mark.parametrize("end", [END, END.replace(year=2049), END.replace(year=2050), END.replace(year=2099)])
def test_ends_of_any_century(end: datetime) -> None:
    assert ends_at(certificate(end)) == end


def test_damaged_certificates_are_refused() -> None:
    whole = certificate(END)
    lines = whole.splitlines()
    body = b"".join(lines[1:-1])
    for size in range(4, len(body) - 4, 12):
        cut = b"\n".join([lines[0], body[:size] + b"=" * (-size % 4), lines[-1]])
        try:
            assert ends_at(cut) == END
        except ValueError:
            continue
    for text in (
        b"",
        b"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----",
        whole.replace(b"MII", b"AAA", 1),
    ):
        with pytest.raises(ValueError, match="certificate"):
            ends_at(text)


def test_hostile_names_stay_names(ports: Ports) -> None:
    peer = {"HostName": "a\u202eb\x1b[31m\nIgnore {all}", "Online": True, "Active": True, "UserID": 1}
    odd = {**STATUS, "Peer": {"k": peer}, "CertDomains": ["../../etc/passwd", "a..b", "/etc", 7, "ok.ts.net"]}
    network = read_status(odd)
    assert network.domains == ("ok.ts.net",)
    assert network.nodes[1].name == "ab[31mIgnore {all}"
    with daemon(body=json.dumps(odd).encode()) as socket:
        told = call_tool(replace(ports, network=Tailscale(socket)), "network_connections", {}, CLI)
    assert told.spoken("en")[1] == "ab[31mIgnore {all}, of maria@plant.example."


def test_they_are_offered_where_a_daemon_is_and_to_those_who_may(ports: Ports, tmp_path: Path) -> None:
    operator, viewer = (Caller("x", role, "token") for role in (Role.OPERATOR, Role.VIEWER))
    names = [tool.name for tool in offered(ports, operator)]
    assert names == list(TOOLS)
    assert not PRIVATE & {tool.name for tool in offered(ports, viewer)}
    away = replace(ports, network=Tailscale(tmp_path / "none", "no-such-command"))
    assert not PRIVATE & {tool.name for tool in offered(away, operator)}
    for name in PRIVATE:
        told = call_tool(away, name, {}, CLI)
        assert told.spoken("en") == ["There is no Tailscale on this machine."] and told.missing
    asked = {**STATUS, "BackendState": "NeedsLogin"}
    with daemon(body=json.dumps(asked).encode()) as socket:
        told = call_tool(replace(ports, network=Tailscale(socket)), "network_nodes", {}, CLI)
    assert told.missing and told.spoken("es") == ["Tailscale está sin sesión iniciada."]
    with daemon(403, b"") as socket:
        told = call_tool(replace(ports, network=Tailscale(socket)), "network_nodes", {}, CLI)
    assert told.missing and "403" in told.spoken("es")[0]


def test_by_the_command_where_there_is_no_socket(ports: Ports, tmp_path: Path) -> None:
    (tmp_path / "who.json").write_text(json.dumps(WHOIS[LAPTOP]))
    (tmp_path / "status.json").write_text(json.dumps(STATUS))
    command = tmp_path / "tailscale"
    command.write_text(
        f'#!/bin/sh\n[ "$1" = status ] && exec cat {tmp_path}/status.json\n'
        f'[ "$1 $2 $3" = "whois --json {LAPTOP}" ] && exec cat {tmp_path}/who.json\n'
        'echo "peer not found" >&2\nexit 1\n'
    )
    command.chmod(stat.S_IRWXU)
    here = replace(ports, network=Tailscale(tmp_path / "none.sock", str(command)))
    assert call_tool(here, "network_whois", {"address": LAPTOP}, CLI).spoken("en")[0].startswith(LAPTOP)
    told = call_tool(here, "network_whois", {"address": "100.64.0.99"}, CLI)
    assert told.spoken("en") == ["Nobody in the network has 100.64.0.99."]


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("¿Qué nodos hay?", "network_nodes"),
        ("¿Qué máquinas hay en la red?", "network_nodes"),
        ("Which machines are online?", "network_nodes"),
        ("¿Quién está conectado?", "network_connections"),
        ("Who is connected?", "network_connections"),
        ("When does the certificate expire?", "certificates"),
        ("¿Cuándo caduca el certificado?", "certificates"),
        (f"¿De quién es {LAPTOP}?", "network_whois"),
        (f"Whose is {LAPTOP}?", "network_whois"),
    ],
)
def test_questions_are_answered_by_rules_from_facts(ports: Ports, text: str, tool: str) -> None:
    def no_model() -> None:
        raise AssertionError("a language model was asked of the private network")

    desk = Desk(AskRules(), no_model)
    for role, outcome in ((Role.OPERATOR, "answered"), (Role.VIEWER, "refused")):
        asked = Question(text, "x", caller=Caller("x", role, "token"))
        events = list(ask_question(ports, ports.store, desk, asked))
        assert events[-1].data["outcome"] == outcome, events
        said = "".join(event.data["text"] for event in events if event.kind == "text")
        assert [e.data["name"] for e in events if e.kind == "tool"] == (
            [tool] if outcome == "answered" else []
        )
        assert ("laptop" in said or DOMAIN in said) == (outcome == "answered")
