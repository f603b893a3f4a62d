"""Tools on the private network of this machine, as its Tailscale daemon tells it: only there where one is."""

from __future__ import annotations

from chocolate_factory.core.errors import SourceError
from chocolate_factory.domain.facts import NAME, SENTENCE, Fact
from chocolate_factory.domain.nodes import Network, Node
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.read_nodes import certificate_end, find_holder, see_network

SHOWN = 20
STATES = {
    "starting": ("arrancando", "starting"),
    "stopped": ("parado", "stopped"),
    "needs_login": ("sin sesión iniciada", "not logged in"),
    "needs_approval": ("pendiente de aprobación", "waiting for approval"),
}
PATHS = {"direct": ("directa", "direct"), "relayed": ("por repetidor", "relayed")}


def network_nodes(ports: Ports, asked: Asked, told: Told) -> None:
    """Machines of the network: how many, which are online, when the others were last seen."""
    network = running(ports, told)
    if network is None:
        return
    online = sum(node.online for node in network.nodes)
    told.say(
        "Máquinas en la red privada: {count}; en línea: {online}.",
        "Machines in the private network: {count}; online: {online}.",
        count=told.fact("count", len(network.nodes), "", ("máquinas", "machines")),
        online=told.fact("online", online, "", ("máquinas en línea", "machines online")),
    )
    for number, node in enumerate(network.nodes[:SHOWN], 1):
        tell_node(told, number, node)
    tell_rest(told, len(network.nodes))


def tell_node(told: Told, number: int, node: Node) -> None:
    """A machine and whether it is online."""
    key = f"node{number}"
    facts: dict[str, Fact | str] = {"name": name_of(told, key, node.name)}
    es = en = "{name}"
    if node.os:
        facts["os"] = told.fact(f"{key}_os", node.os, NAME, ("sistema", "system"))
        es = en = "{name} ({os})"
    words = ("en línea", "online") if node.online else ("fuera de línea", "offline")
    facts["state"] = told.fact(
        f"{key}_state", "online" if node.online else "offline", NAME, ("estado", "state"), words
    )
    es, en = f"{es}: {{state}}", f"{en}: {{state}}"
    if node.last_seen is not None:
        facts["at"] = told.fact(f"{key}_seen", node.last_seen, "", ("vista por última vez", "last seen"))
        es, en = es + ", vista por última vez el {at}", en + ", last seen {at}"
    told.say(es + ".", en + ".", **facts)


def network_connections(ports: Ports, asked: Asked, told: Told) -> None:
    """Machines that have traffic with this one, of whom, directly or relayed."""
    network = running(ports, told)
    if network is None:
        return
    active = [node for node in network.nodes if node.active]
    count = told.fact("count", len(active), "", ("máquinas con tráfico", "machines with traffic"))
    told.say(
        "Máquinas que tienen tráfico con esta ahora: {count}.",
        "Machines that have traffic with this one now: {count}.",
        count=count,
    )
    for number, node in enumerate(active[:SHOWN], 1):
        key = f"node{number}"
        facts: dict[str, Fact | str] = {"name": name_of(told, key, node.name)}
        es, en, more = tell_owner(told, key, (node.user, node.roles))
        facts |= more
        if node.path:
            facts["path"] = told.fact(
                f"{key}_path", node.path, NAME, ("conexión", "connection"), PATHS[node.path]
            )
            es, en = es + "; conexión {path}", en + "; connection {path}"
        told.say(f"{{name}}{es}.", f"{{name}}{en}.", **facts)
    tell_rest(told, len(active))


def network_whois(ports: Ports, asked: Asked, told: Told) -> None:
    """Whose an address of the network is: machine, system, owner."""
    if running(ports, told) is None:
        return
    if not asked.address:
        told.lack("Falta la dirección IP por la que se pregunta.", "The IP address asked about is missing.")
        return
    address = told.fact("address", asked.address, NAME, ("dirección", "address"))
    try:
        holder = find_holder(ports, asked.address)
    except SourceError as error:
        tell_failure(told, error.message)
        return
    if holder is None:
        told.lack("Nadie tiene {address} en la red.", "Nobody in the network has {address}.", address=address)
        return
    es, en, facts = tell_owner(told, "node", (holder.user, holder.roles))
    facts |= {"address": address, "name": name_of(told, "node", holder.name)}
    told.say(f"{{address}} es {{name}}{es}.", f"{{address}} is {{name}}{en}.", **facts)


def certificates(ports: Ports, asked: Asked, told: Told) -> None:
    """Names of this machine that can have certificates, and when those that are kept here end."""
    network = running(ports, told)
    if network is None:
        return
    if not network.domains:
        told.lack(
            "La red no da certificados a esta máquina.", "The network gives this machine no certificates."
        )
    for number, domain in enumerate(network.domains[:SHOWN], 1):
        named = told.fact(f"domain{number}", domain, NAME, ("dominio", "domain"))
        try:
            end = certificate_end(ports, domain)
        except SourceError as error:
            tell_failure(told, error.message)
            continue
        if end is None:
            told.lack(
                "Puede haber un certificado de {domain}; aquí no se ve ninguno "
                "(CHOCO_TAILSCALE__CERTIFICATES), así que no se sabe cuándo caduca.",
                "There may be a certificate of {domain}; none is seen here (CHOCO_TAILSCALE__CERTIFICATES), "
                "so that it is not known when it ends.",
                domain=named,
            )
            continue
        at = told.fact(f"domain{number}_ends", end, "", ("caduca", "ends"))
        over = end <= told.as_of
        told.say(
            "El certificado de {domain} " + ("caducó" if over else "caduca") + " el {at}.",
            "The certificate of {domain} " + ("ended" if over else "ends") + " on {at}.",
            domain=named,
            at=at,
        )


def running(ports: Ports, told: Told) -> Network | None:
    """The network where the daemon runs; else None, and why is told. It is real also where prices are not."""
    told.sample = False
    seen = see_network(ports)
    if seen.state == "not_installed":
        told.lack("En esta máquina no hay Tailscale.", "There is no Tailscale on this machine.")
    elif seen.network is None:
        tell_failure(told, seen.reason or seen.state)
    elif seen.state != "running":
        state = told.fact("state", seen.state, NAME, ("estado", "state"), STATES[seen.state])
        told.lack("Tailscale está {state}.", "Tailscale is {state}.", state=state)
    else:
        return seen.network
    return None


def tell_failure(told: Told, reason: str) -> None:
    """That the daemon, or a file of it, could not be read."""
    why = told.fact("reason", reason, SENTENCE, ("motivo", "reason"))
    told.lack("Tailscale no ha respondido: {why}", "Tailscale has not answered: {why}", why=why)


def name_of(told: Told, key: str, name: str) -> Fact:
    """A machine's name as a fact; a machine without one has an unknown name."""
    return told.fact(key, name or None, NAME, ("máquina", "machine"))


def tell_owner(
    told: Told, key: str, owner: tuple[str, tuple[str, ...]]
) -> tuple[str, str, dict[str, Fact | str]]:
    """What to say of an owner, a login or roles, in both languages, and the fact it takes."""
    login, roles = owner
    if login:
        fact = told.fact(f"{key}_user", login, NAME, ("persona", "person"))
        return ", de {user}", ", of {user}", {"user": fact}
    if roles:
        fact = told.fact(f"{key}_roles", ", ".join(roles), NAME, ("etiquetas", "tags"))
        return ", con las etiquetas {roles}", ", tagged {roles}", {"roles": fact}
    return "", "", {}


def tell_rest(told: Told, count: int) -> None:
    """How many are not named, where there are more than are."""
    if count > SHOWN:
        rest = told.fact("others", count - SHOWN, "", ("más", "more"))
        told.say("Y {rest} más.", "And {rest} more.", rest=rest)
