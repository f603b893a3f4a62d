"""What is said of machines, recipes, setups and kilograms: a plant's own numbers, in two languages."""

from __future__ import annotations

from collections.abc import Iterator

from chocolate_factory.domain.factory import Factory, Machine, Product, SetupRule, Step
from chocolate_factory.domain.factory_limits import OutputLimit, StorageLimit
from chocolate_factory.domain.rule_text import ATTENDED_EN, ATTENDED_ES, Sentence, en, es, local, many
from chocolate_factory.domain.slots import PLAN_MINUTES


def machines(factory: Factory) -> Iterator[Sentence]:
    """Each type of machine, how many there are, what one draws and when some are away."""
    for machine in factory.machines:
        units_en, units_es = many(machine.count, "unit", "units"), many(machine.count, "unidad", "unidades")
        yield Sentence(
            f"{machine.name}: {units_en}, {en(machine.power_kw)} kW each while a run is on it.",
            f"{machine.name}: {units_es}, {es(machine.power_kw)} kW cada una mientras lleva una operación.",
            ("machine: units", "machine: count"),
        )
        yield from _outages(machine, factory.site.timezone)


def _outages(machine: Machine, zone: str) -> Iterator[Sentence]:
    for away in machine.unavailable:
        start, end = local(away.start, zone), local(away.end, zone)
        yield Sentence(
            f"{machine.name}: {many(away.units, 'unit', 'units')} not available from {start} to {end}.",
            f"{machine.name}: {many(away.units, 'unidad', 'unidades')} fuera de servicio desde {start}"
            f" hasta {end}.",
            ("machine: count",),
        )


def recipes(factory: Factory) -> Iterator[Sentence]:
    """Each product, its batches, and its steps in order with every limit that they have."""
    for product in factory.products:
        kwh, hours = batch_needs(product)
        yield Sentence(
            f"{product.name}: batches of {en(product.batch_kg)} kg with"
            f" {many(len(product.steps), 'step', 'steps')} in this order; run in its normal modes, a batch"
            f" takes {en(hours)} machine hours and {en(round(kwh, 3))} kWh.",
            f"{product.name}: lotes de {es(product.batch_kg)} kg con"
            f" {many(len(product.steps), 'paso', 'pasos')} en este orden; en sus modos normales, un lote"
            f" ocupa {es(hours)} horas de máquina y consume {es(round(kwh, 3))} kWh.",
            ("recipe",),
        )
        for number in range(len(product.steps)):
            yield _step(product, number)


def batch_needs(product: Product) -> tuple[float, float]:
    """Energy in kWh and machine hours of a batch run in its normal modes, in whole slots."""
    slots = [-(-step.minutes // PLAN_MINUTES) for step in product.steps]
    share = PLAN_MINUTES / 60
    kwh = sum(count * step.power_kw for count, step in zip(slots, product.steps, strict=True)) * share
    return kwh, sum(slots) * share


def _step(product: Product, number: int) -> Sentence:
    """One step as a sentence with all that limits it; `number` counts from 0."""
    step, before = product.steps[number], product.steps[number - 1].process if number else ""
    said_en, said_es = [ATTENDED_EN[step.attended]], [ATTENDED_ES[step.attended]]
    rules = ["recipe", "attendance"]
    if before:
        rules.append("order")
        most = step.wait_max_minutes
        said_en.append(f"after {before}" + (", however much later" if most is None else ""))
        said_es.append(f"después de {before}" + (", sin límite de espera" if most is None else ""))
        if most is not None:
            rules.append("wait")
            said_en[-1] += f", at most {many(most, 'minute', 'minutes')} later"
            said_es[-1] += f", como mucho {many(most, 'minuto', 'minutos')} más tarde"
    for limit, what_en, what_es in (
        (step.max_outdoor_c, "°C outdoors", "°C en el exterior"),
        (step.max_outdoor_rh, "% humidity outdoors", "% de humedad en el exterior"),
    ):
        if limit is not None:
            rules.append("climate")
            said_en.append(f"only up to {en(limit)} {what_en}")
            said_es.append(f"solo hasta {es(limit)} {what_es}")
    ways_en, ways_es = _ways(step)
    place = (f"{product.name}, {word} {number + 1}: {step.process}" for word in ("step", "paso"))
    return Sentence(
        f"{next(place)} on {step.machine}: {ways_en}; {'; '.join(said_en)}.",
        f"{next(place)} en {step.machine}: {ways_es}; {'; '.join(said_es)}.",
        tuple(dict.fromkeys(rules)),
    )


def _ways(step: Step) -> tuple[str, str]:
    """How long a step lasts and what it draws, in each of its modes."""
    told = [_draw(way) for way in step.ways]
    if not step.modes:
        return told[0]
    pairs = list(zip(step.modes, told, strict=True))
    return (
        "in one of the modes " + " or ".join(f"{mode.name} ({text})" for mode, (text, _) in pairs),
        "en uno de los modos " + " o ".join(f"{mode.name} ({text})" for mode, (_, text) in pairs),
    )


def _draw(step: Step) -> tuple[str, str]:
    length_en, length_es = (many(step.minutes, "minute", "minutes"), many(step.minutes, "minuto", "minutos"))
    if not step.profile:
        return f"{length_en} at {en(step.power_kw)} kW", f"{length_es} a {es(step.power_kw)} kW"
    parts_en = ", ".join(f"{span} at {en(kw)} kW" for span, kw in step.profile)
    parts_es = ", ".join(f"{span} a {es(kw)} kW" for span, kw in step.profile)
    return f"{length_en}, of them {parts_en}", f"{length_es}, de ellos {parts_es}"


def setups(factory: Factory) -> Iterator[Sentence]:
    """Each setup in the order in which they are looked at."""
    for rule in factory.setups:
        yield _setup(rule)
    if not factory.setups:
        yield Sentence(
            "No machine of this plant needs one.", "Ninguna máquina de esta planta lo necesita.", ("setup",)
        )


def _setup(rule: SetupRule) -> Sentence:
    before_en, after_en = (name or "any product" for name in (rule.before, rule.after))
    before_es, after_es = (name or "cualquier producto" for name in (rule.before, rule.after))
    needs_en = f"{many(rule.minutes, 'minute', 'minutes')} at {en(rule.power_kw)} kW"
    needs_es = f"{many(rule.minutes, 'minuto', 'minutos')} a {es(rule.power_kw)} kW"
    if rule.minutes == 0:
        needs_en, needs_es = "nothing", "nada"
    return Sentence(
        f"{rule.machine}, from {before_en} to {after_en}: {needs_en}; {ATTENDED_EN[rule.attended]}.",
        f"{rule.machine}, de {before_es} a {after_es}: {needs_es}; {ATTENDED_ES[rule.attended]}.",
        ("setup",),
    )


def kilograms(factory: Factory) -> Iterator[Sentence]:
    """Each limit on kilograms that wait and on kilograms finished in a day."""
    for limit in factory.storages:
        yield _storage(limit)
    for asked in factory.outputs:
        yield _output(asked)
    if not factory.storages:
        yield Sentence(
            "This plant sets no limit on what waits between steps.",
            "Esta planta no limita lo que espera entre pasos.",
            ("storage",),
        )
    if not factory.outputs:
        yield Sentence(
            "This plant sets no limit on what is finished in a day.",
            "Esta planta no limita lo que se acaba en un día.",
            ("output",),
        )


def _storage(limit: StorageLimit) -> Sentence:
    return Sentence(
        f"{limit.name}: at most {en(limit.max_kg)} kg of {limit.product or 'all products together'} wait for"
        f" {limit.before}.",
        f"{limit.name}: como mucho {es(limit.max_kg)} kg de"
        f" {limit.product or 'todos los productos juntos'} esperan a {limit.before}.",
        ("storage",),
    )


def _output(limit: OutputLimit) -> Sentence:
    least_en, least_es, most_en, most_es = "", "", "", ""
    if limit.min_kg is not None:
        least_en, least_es = f"at least {en(limit.min_kg)} kg", f"al menos {es(limit.min_kg)} kg"
    if limit.max_kg is not None:
        most_en, most_es = f"at most {en(limit.max_kg)} kg", f"como mucho {es(limit.max_kg)} kg"
    said_en = " and ".join(part for part in (least_en, most_en) if part)
    said_es = " y ".join(part for part in (least_es, most_es) if part)
    return Sentence(
        f"{limit.product or 'All products together'}: {said_en} finished in a local day.",
        f"{limit.product or 'Todos los productos juntos'}: {said_es} acabados en un día local.",
        ("output",),
    )
