"""Tools on the plan: advice now, the plan in force, its runs, why a batch stands where it stands, orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from chocolate_factory.core.errors import DataMissing, NotFound
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.facts import NAME, Fact, clock_text, day_text
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, local_date, planning_window
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.batch_names import tell_no_batch
from chocolate_factory.services.assistant.compare_tools import tell_rest
from chocolate_factory.services.assistant.price_days import SOME_HOURS, span_of, tell_span
from chocolate_factory.services.assistant.rule_words import RULES_EN, RULES_ES
from chocolate_factory.services.explain_run import explain_batch
from chocolate_factory.services.give_advice import give_advice, moment_of
from chocolate_factory.services.page_records import PageQuery
from chocolate_factory.services.read_plans import plans_then

Row = dict[str, Any]
SHOWN = 12
ORDER_DAYS, MOST_ORDER_DAYS = 7, 60
ALWAYS = Window(datetime(2014, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))


def body_in_force(ports: Ports) -> Row:
    """The stored record of the newest plan issued by now; raises NotFound without one."""
    page = plans_then(ports.store, PageQuery(limit=1), ports.clock())
    if not page.records:
        raise NotFound("No plan is stored yet.", "Make one with `choco plan`.", cause="no_plan")
    return cast("Row", dict(page.records[0].body))


def advice_now(ports: Ports, asked: Asked, told: Told) -> None:
    """Run now or wait: what runs, what comes next, when that changes, what today saves."""
    advice = give_advice(body_in_force(ports), ports.clock(), ports.factory.site.timezone)
    if asked.machine:
        tell_running_on(told, asked.machine, advice["running"])
        return
    words = {"run": ("producir ahora", "run now"), "wait": ("esperar", "wait"), "done": ("nada más", "done")}
    action = told.fact("action", advice["action"], NAME, ("consejo", "advice"), words[advice["action"]])
    told.say("Consejo del plan: {action}.", "The plan says: {action}.", action=action)
    for number, run in enumerate(advice["running"][:SHOWN], 1):
        tell_run(told, f"running{number}", run, ("En marcha", "Running"))
    if not advice["running"]:
        told.say("Según el plan ahora no hay nada en marcha.", "By the plan nothing runs now.")
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
    if asked.than:
        tell_rest(ports, told, asked.than)


def tell_running_on(told: Told, machine: str, running: list[Row]) -> None:
    """What runs on a machine now, by the plan."""
    name = told.fact("machine", machine, NAME, ("máquina", "machine"))
    mine = [run for run in running if run["machine"].casefold() == machine.casefold()]
    for number, run in enumerate(mine[:SHOWN], 1):
        tell_run(told, f"running{number}", run, ("En marcha según el plan", "Running by the plan"))
    if not mine:
        told.say(
            "Según el plan ahora no hay nada en marcha en {machine}.",
            "By the plan nothing runs on {machine} now.",
            machine=name,
        )


def tell_run(told: Told, key: str, run: Row, head: tuple[str, str], day: date | None = None) -> None:
    """Facts and the sentence of a run; without its day where that is `day`, which was told before."""
    facts = run_facts(told, key, run)
    start, end = (moment_of(run[name]) for name in ("start", "end"))
    on = local_date(start, told.zone)
    texts = {"begun": clock_text(start, told.zone), "ended": clock_text(end, told.zone)}
    if local_date(end, told.zone) != on:
        es, en = "del {start} al {end}", "from {start} to {end}"
    elif on == day:
        es, en = "de {begun} a {ended}", "from {begun} to {ended}"
    else:
        es = f"el {day_text(on, 'es', told.as_of)} de {{begun}} a {{ended}}"
        en = f"{day_text(on, 'en', told.as_of)} from {{begun}} to {{ended}}"
    told.say(
        f"{head[0]}: {{process}} de {{batch}} en {{machine}}, {es}.",
        f"{head[1]}: {{process}} of {{batch}} on {{machine}}, {en}.",
        **texts,
        **facts,
    )


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
    tell_prices_used(told, answer["price_origin"])
    late = told.fact("late", len(answer.get("late", [])), "", ("lotes con retraso", "late batches"))
    if late.value:
        told.say("{late} lotes llegan tarde.", "{late} batches are late.", late=late)
    else:
        told.say("Ningún lote llega tarde.", "No batch is late.")


def tell_prices_used(told: Told, slots: dict[str, int]) -> None:
    """Which prices a plan was made with, by hours."""
    if not (slots["published"] or slots["forecast"]):
        return
    told.say(
        "Se hizo con {published} de precios publicados y {forecast} de previstos.",
        "It was made with {published} of published prices and {forecast} of forecast ones.",
        published=told.fact(
            "published_hours", slots["published"] / 4, "h", ("precios publicados", "published prices")
        ),
        forecast=told.fact(
            "forecast_hours", slots["forecast"] / 4, "h", ("precios previstos", "forecast prices")
        ),
    )


def plan_runs(ports: Ports, asked: Asked, told: Told) -> None:
    """Runs of the plan of a day, a part of it or some days, else of all to come or under way, by their start.

    Or of them only the batch that begins first, or the one that ends last.
    """
    answer, now = body_in_force(ports)["answer"], ports.clock()
    if asked.batch and tell_no_batch(told, answer, asked.batch):
        return
    last = moment_of(answer["window"]["end"])
    timed = asked.day or asked.since or asked.until or asked.last
    window = span_of(ports, asked) if timed else Window(now, last) if now < last else None
    if window is None:
        told.say("El plan no tiene ningún paso así.", "The plan has no such run.")
    elif tell_reach(told, Window(moment_of(answer["window"]["start"]), last), window):
        if asked.which:
            tell_one(told, asked, [run for run in answer["runs"] if fits(run, asked, ALWAYS)], window)
        else:
            tell_runs(ports, asked, told, answer, window)


def tell_runs(ports: Ports, asked: Asked, told: Told, answer: Row, window: Window) -> None:
    """How many runs of a plan are asked for, with their energy and cost, and each of the first of them."""
    runs = [run for run in answer["runs"] if fits(run, asked, window)]
    runs.sort(key=lambda run: (run["start"], run["batch"]))
    count = told.fact("count", len(runs), "", ("pasos", "runs"))
    (es, en), facts = told_window(ports, asked, told, window)
    such = (" así", " such") if asked.machine or asked.product or asked.batch else ("", "")
    if not runs:
        told.say(
            f"{es} el plan no tiene ningún paso{such[0]}.", f"{en} the plan has no{such[1]} run.", **facts
        )
        return
    told.say(
        f"{es} el plan tiene {{count}} pasos{such[0]}: {{energy}}, {{cost}}.",
        f"{en} the plan has {{count}}{such[1]} runs: {{energy}}, {{cost}}.",
        count=count,
        energy=told.fact("energy", sum(run["energy_kwh"] for run in runs), "kWh", ("energía", "energy")),
        cost=told.fact("cost", sum(run["cost_eur"] for run in runs), "EUR", ("coste", "cost")),
        **facts,
    )  # fmt: skip
    if any(moment_of(r["start"]) < window.start or moment_of(r["end"]) > window.end for r in runs):
        told.say("Los que cruzan un límite cuentan enteros.", "Those that cross a limit count whole.")
    if not asked.machine:
        begun = [run for run in answer.get("begun", ()) if fits(run, asked, window)]
        tell_finished(ports, told, answer, [*begun, *runs], window)
    day = asked.day if asked.last in {None, asked.day} else None
    for number, run in enumerate(runs[:SHOWN], 1):
        tell_run(told, f"run{number}", run, ("Paso", "Run"), day)
    if len(runs) > SHOWN:
        rest = told.fact("not_shown", len(runs) - SHOWN, "", ("pasos sin mostrar", "runs not shown"))
        told.say("Y {rest} más.", "And {rest} more.", rest=rest)


def tell_reach(told: Told, plan: Window, window: Window) -> bool:
    """Say from when to when the plan goes, where that leaves out a part; False where it leaves out all."""
    if plan.start <= window.start and window.end <= plan.end:
        return True
    facts = {
        "start": told.fact("plan_start", plan.start, "", ("inicio del plan", "begin of the plan")),
        "end": told.fact("plan_end", plan.end, "", ("fin del plan", "end of the plan")),
    }
    outside = window.end <= plan.start or plan.end <= window.start
    say = told.lack if outside else told.say
    say("El plan vigente va del {start} al {end}.", "The plan in force goes from {start} to {end}.", **facts)
    return not outside


def told_window(
    ports: Ports, asked: Asked, told: Told, window: Window
) -> tuple[tuple[str, str], dict[str, Fact | str]]:
    """How the time of some runs is told; without a day from now to the end of the plan."""
    if asked.day or asked.since or asked.until or asked.last:
        return tell_span(ports, asked, told, window)
    start = told.fact("start", window.start, "", ("inicio", "start"))
    return SOME_HOURS, {"start": start, "end": told.fact("end", window.end, "", ("fin", "end"))}


def tell_finished(ports: Ports, told: Told, answer: Row, runs: list[Row], window: Window) -> None:
    """How many of the batches of some runs the plan finishes within a window, and their kilograms."""
    mine = {run["batch"] for run in runs}
    every = (*answer.get("begun", ()), *answer["runs"])
    of_mine = sorted((r for r in every if r["batch"] in mine), key=lambda r: moment_of(r["end"]))
    ends = {run["batch"]: run for run in of_mine}
    done = [run for run in ends.values() if window.start < moment_of(run["end"]) <= window.end]
    told.say(
        "Lotes que se acaban: {count}, {kg}.", "Batches that are finished: {count}, {kg}.",
        count=told.fact("finished", len(done), "", ("lotes acabados", "batches finished")),
        kg=told.fact("finished_kg", sum(ports.factory.product(run["product"]).batch_kg for run in done), "kg",
                     ("kilos acabados", "kilograms finished")),
    )  # fmt: skip
    now = ports.clock()
    if window.start < now < window.end:
        told.say(
            "Por acabar desde ahora: {left}.", "Still to be finished from now on: {left}.",
            left=told.fact("left", sum(moment_of(run["end"]) > now for run in done), "",
                           ("lotes por acabar", "batches left")),
        )  # fmt: skip


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
    elif tell_no_batch(told, body_in_force(ports)["answer"], batch):
        return
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
    last = asked.last or asked.day
    ahead = (last - local_date(now, zone)).days if last else 0
    if ahead > MOST_ORDER_DAYS:
        told.lack("Tan lejos no se miran las entregas.", "Orders are not looked at so far ahead.")
        return
    window = planning_window(now, max(ORDER_DAYS, ahead), zone)
    wants = [want for want in wanted(factory, window) if want.hard]
    (es, en), when = ("en los próximos días", "in the coming days"), dict[str, Fact]()
    if asked.day and last:
        wants = [w for w in wants if asked.day <= local_date(w.due - timedelta(seconds=1), zone) <= last]
        when["day"] = told.fact("day", asked.day, "", ("día", "day"))
        es, en = "el {day}", "on {day}"
        if last != asked.day:
            when["last"] = told.fact("last", last, "", ("último día", "last day"))
            es, en = "del {day} al {last}", "from {day} to {last}"
    if asked.product:
        wants = [want for want in wants if want.product.casefold() == asked.product.casefold()]
    count = told.fact("count", len(wants), "", ("pedidos", "orders"))
    told.say(f"Entregas así {es}: {{count}}.", f"Such orders due {en}: {{count}}.", count=count, **when)
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
