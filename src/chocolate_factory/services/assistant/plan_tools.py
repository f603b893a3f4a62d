"""Tools on the plan: advice now, the plan in force, its runs, why a batch stands where it stands, orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from chocolate_factory.core.errors import DataMissing, NotFound
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.facts import NAME, Fact
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, day_window, local_date, planning_window
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.explain_run import explain_batch
from chocolate_factory.services.give_advice import give_advice, moment_of
from chocolate_factory.services.page_records import PageQuery
from chocolate_factory.services.read_plans import plans_then

Row = dict[str, Any]
SHOWN = 12
ORDER_DAYS = 7
ALWAYS = Window(datetime(2014, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))
RULES_ES = {
    "window": "la ventana del plan",
    "attendance": "los turnos y festivos",
    "climate": "los límites de temperatura y humedad exterior",
    "begun": "el paso anterior, ya empezado",
    "frozen": "lo inmediato no se mueve",
    "order": "el orden de los pasos",
    "due": "la hora de entrega",
    "wait": "la espera máxima entre pasos",
    "machine": "las máquinas ocupadas o averiadas",
    "setup": "los cambios de producto",
    "power": "el límite de potencia",
    "storage": "el sitio para esperar entre pasos",
    "output": "los kilos por día",
    "availability": "máquinas averiadas",
}
RULES_EN = {
    "window": "the window of the plan",
    "attendance": "shifts and holidays",
    "climate": "the limits of outdoor temperature and humidity",
    "begun": "the step before, which had begun",
    "frozen": "what starts soon is not moved",
    "order": "the order of steps",
    "due": "the due time",
    "wait": "the longest wait between steps",
    "machine": "machines that are taken or out of order",
    "setup": "setups between products",
    "power": "the power limit",
    "storage": "room for waiting between steps",
    "output": "the kilograms of a day",
    "availability": "machines out of order",
}


def body_in_force(ports: Ports) -> Row:
    """The stored record of the newest plan issued by now; raises NotFound without one."""
    page = plans_then(ports.store, PageQuery(limit=1), ports.clock())
    if not page.records:
        raise NotFound("No plan is stored yet.", "Make one with `choco plan`.", cause="no_plan")
    return cast("Row", dict(page.records[0].body))


def advice_now(ports: Ports, asked: Asked, told: Told) -> None:
    """Run now or wait: what runs, what comes next, when that changes, what today saves."""
    advice = give_advice(body_in_force(ports), ports.clock(), ports.factory.site.timezone)
    words = {"run": ("producir ahora", "run now"), "wait": ("esperar", "wait"), "done": ("nada más", "done")}
    action = told.fact("action", advice["action"], NAME, ("consejo", "advice"), words[advice["action"]])
    told.say("Consejo del plan: {action}.", "The plan says: {action}.", action=action)
    for number, run in enumerate(advice["running"][:SHOWN], 1):
        tell_run(told, f"running{number}", run, ("En marcha", "Running"))
    if advice["next"]:
        tell_run(told, "next", advice["next"], ("Lo siguiente", "Next"))
    if advice["saving_today_eur"] is not None:
        saving = told.fact(
            "saving_today", advice["saving_today_eur"], "EUR", ("ahorro de hoy", "saving today")
        )
        told.say(
            "Ahorro de los lotes que acaban hoy, según el plan: {saving}.",
            "Saving of the batches that finish today, by the plan: {saving}.",
            saving=saving,
        )


def tell_run(told: Told, key: str, run: Row, head: tuple[str, str]) -> None:
    """Facts and the sentence of a run."""
    facts = run_facts(told, key, run)
    text = ": {process} de {batch} en {machine}, del {start} al {end}."
    english = ": {process} of {batch} on {machine}, from {start} to {end}."
    told.say(head[0] + text, head[1] + english, **facts)


def run_facts(told: Told, key: str, run: Row) -> dict[str, Fact]:
    """A run as facts: batch, process, machine, start and end."""
    labels = {
        "batch": ("lote", "batch"),
        "process": ("proceso", "process"),
        "machine": ("máquina", "machine"),
    }
    facts = {name: told.fact(f"{key}_{name}", run[name], NAME, said) for name, said in labels.items()}
    facts["start"] = told.fact(f"{key}_start", moment_of(run["start"]), "", ("inicio", "start"))
    facts["end"] = told.fact(f"{key}_end", moment_of(run["end"]), "", ("fin", "end"))
    return facts


def plan_summary(ports: Ports, asked: Asked, told: Told) -> None:
    """The plan in force: window, cost, energy, baseline, saving, batches, how sure."""
    answer = body_in_force(ports)["answer"]
    facts = {
        "issued": told.fact("issued_at", moment_of(answer["issued_at"]), "", ("plan hecho", "plan made")),
        "end": told.fact("window_end", moment_of(answer["window"]["end"]), "", ("fin del plan", "plan ends")),
        "batches": told.fact("batches", len({r["batch"] for r in answer["runs"]}), "", ("lotes", "batches")),
        "runs": told.fact("runs", len(answer["runs"]), "", ("pasos", "runs")),
        "cost": told.fact("cost", answer["cost_eur"], "EUR", ("coste del plan", "cost of the plan")),
        "energy": told.fact("energy", answer["energy_kwh"], "kWh", ("energía", "energy")),
        "base": told.fact(
            "baseline_cost", answer["baseline"]["cost_eur"], "EUR", ("coste de referencia", "baseline cost")
        ),
        "saving": told.fact("saving", answer["saving"]["eur"], "EUR", ("ahorro previsto", "planned saving")),
        "share": told.fact(
            "saving_percent", answer["saving"]["percent"], "%", ("ahorro en porcentaje", "saving in percent")
        ),
    }
    told.say(
        "El plan del {issued} llega hasta el {end}: {batches} lotes en {runs} pasos, {energy}, {cost}.",
        "The plan of {issued} reaches to {end}: {batches} batches in {runs} runs, {energy}, {cost}.",
        **facts,
    )
    told.say(
        "Sin planificar costaría {base}; ahorro: {saving} ({share}).",
        "Unplanned it would cost {base}; saving: {saving} ({share}).",
        **facts,
    )
    late = told.fact("late", len(answer.get("late", [])), "", ("lotes con retraso", "late batches"))
    if late.value:
        told.say("{late} lotes llegan tarde.", "{late} batches are late.", late=late)
    else:
        told.say("Ningún lote llega tarde.", "No batch is late.")


def plan_runs(ports: Ports, asked: Asked, told: Told) -> None:
    """Runs of the plan still to come or under way, of a day, a machine, a product, by their start.

    Or of them only the batch that begins first, or the one that ends last.
    """
    answer, now, zone = body_in_force(ports)["answer"], ports.clock(), ports.factory.site.timezone
    last = moment_of(answer["window"]["end"])
    window = day_window(asked.day, zone) if asked.day else Window(now, last) if now < last else None
    if asked.which:
        tell_one(told, asked, [run for run in answer["runs"] if fits(run, asked, ALWAYS)], window)
        return
    runs = [run for run in answer["runs"] if fits(run, asked, window)]
    runs.sort(key=lambda run: (run["start"], run["batch"]))
    count = told.fact("count", len(runs), "", ("pasos", "runs"))
    named: dict[str, Fact] = {}
    if asked.day:
        named["day"] = told.fact("day", asked.day, "", ("día", "day"))
    if not runs:
        on = (" el {day}", " on {day}") if asked.day else ("", "")
        told.say(f"El plan no tiene ningún paso así{on[0]}.", f"The plan has no such run{on[1]}.", **named)
        return
    told.say(
        "El plan tiene {count} pasos así: {energy}, {cost}.",
        "The plan has {count} such runs: {energy}, {cost}.",
        count=count,
        energy=told.fact("energy", sum(run["energy_kwh"] for run in runs), "kWh", ("energía", "energy")),
        cost=told.fact("cost", sum(run["cost_eur"] for run in runs), "EUR", ("coste", "cost")),
    )  # fmt: skip
    for number, run in enumerate(runs[:SHOWN], 1):
        tell_run(told, f"run{number}", run, ("Paso", "Run"))
    if len(runs) > SHOWN:
        rest = told.fact("not_shown", len(runs) - SHOWN, "", ("pasos sin mostrar", "runs not shown"))
        told.say("Y {rest} más.", "And {rest} more.", rest=rest)


def tell_one(told: Told, asked: Asked, runs: list[Row], window: Window | None) -> None:
    """Of the batches of some runs the one that begins first in a window, or the one that ends last in it."""
    spans: dict[str, list[datetime]] = {}
    for run in runs:
        times = [moment_of(run[name]) for name in ("start", "end")]
        known = spans.setdefault(run["batch"], times)
        spans[run["batch"]] = [min(known[0], times[0]), max(known[1], times[1])]
    first = asked.which == "first"
    near = {
        (span[0] if first else span[1], batch)
        for batch, span in spans.items()
        if window
        and (window.start <= span[0] < window.end if first else window.start < span[1] <= window.end)
    }
    named = {"day": told.fact("day", asked.day, "", ("día", "day"))} if asked.day else {}
    on = (" el {day}", " on {day}") if asked.day else ("", "")
    if not near:
        verbs = ("empieza", "starts") if first else ("acaba", "ends")
        told.say(
            f"Ningún lote del plan {verbs[0]}{on[0]}.", f"No batch of the plan {verbs[1]}{on[1]}.", **named
        )
        return
    batch = (min(near) if first else max(near))[1]
    on = (on[0].replace(" el ", " del "), on[1].replace(" on ", " of "))
    es, en = ("primer lote", "first batch") if first else ("último lote", "last batch")
    told.say(
        f"El {es}{on[0]} es {{batch}}: empieza el {{start}} y acaba el {{end}}.",
        f"The {en}{on[1]} is {{batch}}: it starts {{start}} and ends {{end}}.",
        batch=told.fact("batch", batch, NAME, ("lote", "batch")),
        start=told.fact("start", spans[batch][0], "", ("inicio", "start")),
        end=told.fact("end", spans[batch][1], "", ("fin", "end")),
        **named,
    )


def fits(run: Row, asked: Asked, window: Window | None) -> bool:
    """Whether a run is of what is asked for and touches the window; None touches nothing."""
    if window is None or (asked.machine and run["machine"].casefold() != asked.machine.casefold()):
        return False
    if asked.product and run["product"].casefold() != asked.product.casefold():
        return False
    if asked.batch and run["batch"] != asked.batch:
        return False
    return bool(moment_of(run["start"]) < window.end and moment_of(run["end"]) > window.start)


def why_batch(ports: Ports, asked: Asked, told: Told) -> None:
    """Why the runs of a batch (by default the next one) stand where they stand, and what an hour costs."""
    batch = asked.batch
    if not batch:
        advice = give_advice(body_in_force(ports), ports.clock(), ports.factory.site.timezone)
        nearest = advice["next"] or next(iter(advice["running"]), None)
        if nearest is None:
            raise DataMissing("No batch is to come in the plan.", "Make a new plan.", cause="no_batch_ahead")
        batch = nearest["batch"]
    body = explain_batch(ports, batch)
    name = told.fact("batch", body["batch"], NAME, ("lote", "batch"))
    due = told.fact("due", moment_of(body["due"]), "", ("entrega", "due"))
    told.say("El lote {batch} se entrega el {due}.", "Batch {batch} is due {due}.", batch=name, due=due)
    for number, run in enumerate(body["runs"], 1):
        tell_why(told, f"run{number}", {**run, "batch": body["batch"]})


def tell_why(told: Told, key: str, run: Row) -> None:
    """Facts and sentences of one run's reasons."""
    facts = run_facts(told, key, run)
    facts["price"] = told.fact(
        f"{key}_price", run["mean_price_eur_kwh"], "EUR/kWh", ("precio medio", "mean price")
    )
    facts["rank"] = told.fact(f"{key}_rank", run["rank"], "", ("puesto por precio", "rank by price"))
    facts["starts"] = told.fact(f"{key}_starts", run["allowed_starts"], "", ("inicios posibles", "starts"))
    told.say(
        "{process} en {machine} empieza el {start}: {price} de media, el puesto {rank} de {starts} inicios.",
        "{process} on {machine} starts {start}: {price} on average, place {rank} of {starts} starts.",
        **facts,
    )
    rules = [rule for rule in run["binding"] if rule in RULES_ES][:3]
    if rules:
        said = ("; ".join(RULES_ES[rule] for rule in rules), "; ".join(RULES_EN[rule] for rule in rules))
        binding = told.fact(f"{key}_binding", " ".join(rules), NAME, ("lo impide", "held by"), said)
        told.say(
            "Lo más barato lo impide: {binding}.", "Cheaper starts are barred by: {binding}.", binding=binding
        )
    later = run["moves"]["hour_later"]
    if later["difference_eur"] is not None:
        start = told.fact(f"{key}_later_start", moment_of(later["start"]), "", ("una hora después", "later"))
        cost = told.fact(f"{key}_later_cost", later["difference_eur"], "EUR", ("diferencia", "difference"))
        told.say(
            "Empezar el {start}: diferencia de {cost}.", "Starting {start}: a difference of {cost}.",
            start=start, cost=cost,
        )  # fmt: skip


def orders(ports: Ports, asked: Asked, told: Told) -> None:
    """What is due in the coming week: product, batches, kilograms, due time."""
    factory, now = ports.factory, ports.clock()
    zone = factory.site.timezone
    window = planning_window(now, ORDER_DAYS, zone)
    wants = [want for want in wanted(factory, window) if want.hard]
    if asked.day:
        wants = [want for want in wants if local_date(want.due - timedelta(seconds=1), zone) == asked.day]
        told.fact("day", asked.day, "", ("día", "day"))
    if asked.product:
        wants = [want for want in wants if want.product.casefold() == asked.product.casefold()]
    count = told.fact("count", len(wants), "", ("pedidos", "orders"))
    told.say(
        "Hay {count} entregas así en los próximos días.", "{count} such orders are due in the coming days.",
        count=count,
    )  # fmt: skip
    for number, want in enumerate(wants[:SHOWN], 1):
        kg = want.batches * factory.product(want.product).batch_kg
        told.say(
            "{product}: {batches} lotes, {kg}, para el {due}.",
            "{product}: {batches} batches, {kg}, due {due}.",
            product=told.fact(f"order{number}_product", want.product, NAME, ("producto", "product")),
            batches=told.fact(f"order{number}_batches", want.batches, "", ("lotes", "batches")),
            kg=told.fact(f"order{number}_kg", kg, "kg", ("cantidad", "amount")),
            due=told.fact(f"order{number}_due", want.due, "", ("entrega", "due")),
        )
