"""The rules of production in words, in English and Spanish, from the factory file and the rules themselves.

Every kind of rule that the checker of `domain/rules.py` knows has its sentence in `RULE_WORDS` and its place
in a section; the numbers of the plant follow it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ports import Replanning
from chocolate_factory.domain.rule_text import RuleSection, Sentence, en, es
from chocolate_factory.domain.rule_words_recipe import kilograms, machines, recipes, setups
from chocolate_factory.domain.rule_words_site import assets, contract, demand, loads, place, shifts

Writer = Callable[[Factory], Iterator[Sentence]]
RULE_WORDS: dict[str, tuple[str, str]] = {
    "window": (
        "A plan runs from the next quarter-hour to the local midnight that closes its last day (the seventh"
        " day after today, unless another number is asked for); every run starts and ends"
        " inside it, on quarter-hours.",
        "Un plan va del siguiente cuarto de hora a la medianoche local que cierra su último día (el"
        " séptimo después de hoy, si no se pide otro número); cada operación empieza y acaba"
        " dentro, en cuartos de hora.",
    ),
    "attendance": (
        "A step that needs staff lies in shifts as it asks: throughout, or with its first and its last"
        " quarter-hour.",
        "Un paso que necesita personal cae en turnos según lo pida: entero, o con su primer y su último"
        " cuarto de hora.",
    ),
    "machine: units": (
        "A unit of a machine carries one batch or setup at a time; batches that wait occupy no machine.",
        "Una unidad de una máquina lleva un lote o un cambio a la vez; los lotes que esperan no ocupan"
        " máquina.",
    ),
    "machine: count": (
        "In no slot more units of a machine run than there are, less those out of service; what had begun"
        " goes on.",
        "En ningún tramo trabajan más unidades de una máquina que las que hay, menos las fuera de servicio;"
        " lo que ya había empezado sigue.",
    ),
    "recipe": (
        "A batch has every step of its recipe once, with its machine, length and power; it is never split or"
        " merged, and a step that has begun is not interrupted.",
        "Un lote tiene cada paso de su receta una vez, con su máquina, duración y potencia; nunca se parte ni"
        " se junta, y un paso empezado no se interrumpe.",
    ),
    "order": (
        "A step starts when the one before has ended, or later.",
        "Un paso empieza cuando ha acabado el anterior, o después.",
    ),
    "wait": (
        "Where a step has a longest wait, it starts within it, rounded up to quarter-hours.",
        "Si un paso tiene espera máxima, empieza dentro de ella, redondeada hacia arriba a cuartos de hora.",
    ),
    "climate": (
        "Where a step has limits of outdoor temperature or humidity, it runs only in slots in which the"
        " forecast, or the usual climate where none reaches, keeps them; a slot of which nothing is known has"
        " no limit, and the plan says how many hours that concerns.",
        "Si un paso tiene límites de temperatura o humedad exterior, solo se hace en tramos en que los cumple"
        " la previsión o, donde no llega, el clima habitual; un tramo del que no se sabe nada no tiene"
        " límite, y el plan dice a cuántas horas afecta.",
    ),
    "setup": (
        "A unit that carried another product before has its setup directly before the run, on the same unit;"
        " the first row that fits counts, and going on with the same product needs none.",
        "Una unidad que antes llevó otro producto hace su cambio justo antes de la operación, en la misma"
        " unidad; cuenta la primera fila que encaja, y seguir con el mismo producto no necesita ninguno.",
    ),
    "due": (
        "Of every product as many batches as are wanted are finished at each due time, stock counted;"
        " lateness is accepted only where it is allowed and cannot be avoided, and it is told.",
        "De cada producto, en cada hora límite están acabados tantos lotes como se piden, contando las"
        " existencias; un retraso solo se acepta donde se permite y no se puede evitar, y se dice.",
    ),
    "batch": (
        "As many batches are made as are wanted, less stock and what is left for later; of demand due after"
        " the plan the share of its staffed time that lies inside is made ahead where it fits.",
        "Se hacen tantos lotes como se piden, menos las existencias y lo que queda para después; de lo que"
        " vence tras el plan se adelanta, si cabe, la parte de su tiempo con personal que cae dentro.",
    ),
    "storage": (
        "No slot has more kilograms waiting before a process than its storage takes; what waits already when"
        " a plan begins may.",
        "En ningún tramo esperan ante un proceso más kilogramos de los que caben en su almacén; lo que ya"
        " esperaba al empezar el plan, sí puede.",
    ),
    "output": (
        "Each local day finishes at most, and if it is staffed and wholly inside the plan at least, the"
        " kilograms asked; a batch counts for the day in which its last step ends.",
        "Cada día local acaba como mucho, y si tiene personal y cae entero en el plan al menos, los"
        " kilogramos pedidos; un lote cuenta en el día en que acaba su último paso.",
    ),
    "power": (
        "Where the contract cuts off (2.0TD), the load of the whole site stays at or below the contracted"
        " power in every slot; elsewhere power above it is a price and no rule.",
        "Donde el contrato corta (2.0TD), la carga de toda la planta no supera la potencia contratada en"
        " ningún tramo; en los demás, superarla es un precio y no una regla.",
    ),
    "battery": (
        "The battery keeps its powers, capacity and reserve, is never charged and discharged at once, and"
        " ends a plan with no less than it began.",
        "La batería respeta sus potencias, su capacidad y su reserva, nunca carga y descarga a la vez, y"
        " acaba el plan con no menos de lo que tenía al empezar.",
    ),
    "pv": (
        "No more of the array's power is used and sold than it gives, and nothing is sold while the site"
        " draws from the grid.",
        "No se usa ni vende más potencia de las placas de la que dan, y nada se vende mientras la planta toma"
        " de la red.",
    ),
}
"""Kind of rule -> what it asks, in English and Spanish."""

SECTIONS: tuple[tuple[str, str, str, tuple[str, ...], tuple[Writer, ...]], ...] = (
    ("site", "Place and time", "Lugar y tiempo", ("window",), (place,)),
    ("shifts", "Shifts and staff", "Turnos y personal", ("attendance",), (shifts,)),
    ("machines", "Machines", "Máquinas", ("machine: units", "machine: count"), (machines,)),
    ("recipes", "Recipes", "Recetas", ("recipe", "order", "wait", "climate"), (recipes,)),
    ("setups", "Setups between products", "Cambios de producto", ("setup",), (setups,)),
    ("demand", "Demand and due times", "Pedidos y horas límite", ("due", "batch"), (demand,)),
    ("kilograms", "Waiting and output", "Esperas y producción diaria", ("storage", "output"), (kilograms,)),
    ("power", "Contract, power and loads", "Contrato, potencia y cargas", ("power",), (contract, loads)),
    ("assets", "Battery and photovoltaics", "Batería y fotovoltaica", ("battery", "pv"), (assets,)),
)


def rules_in_words(factory: Factory, replanning: Replanning) -> tuple[RuleSection, ...]:
    """Every rule of production of a plant, by subject: what is asked first, then the plant's own numbers."""
    found = []
    for key, title_en, title_es, rules, writers in SECTIONS:
        general = [Sentence(*RULE_WORDS[rule], (rule,)) for rule in rules]
        own = [sentence for writer in writers for sentence in writer(factory)]
        found.append(RuleSection(key, title_en, title_es, (*general, *own)))
    return (*found, _choice(factory, replanning))


def _choice(factory: Factory, replanning: Replanning) -> RuleSection:
    """Which of the plans within the rules is taken, and what keeps it from changing too often."""
    told = [*_least_cost(factory.co2_eur_per_tonne), *_standing(replanning)]
    return RuleSection("choice", "Which plan is taken", "Qué plan se elige", tuple(told))


def _least_cost(co2_eur_per_tonne: float | None) -> Iterator[Sentence]:
    yield Sentence(
        "Of all plans within the rules the one of least cost is sought: energy of the whole site at its"
        " all-in price, excess power, and electricity tax on both; VAT and fixed terms do not"
        " change by planning.",
        "De todos los planes que cumplen las reglas se busca el de menor coste: energía de toda la planta a"
        " su precio completo, exceso de potencia e impuesto eléctrico; el IVA y los términos fijos no cambian"
        " al planificar.",
    )
    if co2_eur_per_tonne is not None:
        yield Sentence(
            f"Beside money, a tonne of CO2 weighs {en(co2_eur_per_tonne)} EUR in what is minimised.",
            f"Además del dinero, una tonelada de CO2 pesa {es(co2_eur_per_tonne)} EUR en lo que se minimiza.",
        )
    yield Sentence(
        "Where lateness is allowed it is minimised first and cost second; where it is not and no plan exists,"
        " the answer names the demand and the rules in conflict.",
        "Donde se admiten retrasos, primero se minimizan estos y después el coste; donde no y no existe plan,"
        " la respuesta nombra el pedido y las reglas en conflicto.",
    )
    yield Sentence(
        "The baseline makes the same batches in order of due time, each step as early as possible, blind to"
        " prices; the saving is its cost less that of the plan.",
        "La base hace los mismos lotes por orden de hora límite, cada paso lo antes posible y sin mirar los"
        " precios; el ahorro es su coste menos el del plan.",
    )


def _standing(rules: Replanning) -> Iterator[Sentence]:
    minutes, eur, percent = rules.freeze_minutes, rules.keep_unless_eur, rules.keep_unless_percent
    yield Sentence(
        "What has begun stays as it is; what nobody reported counts as done as planned.",
        "Lo que ha empezado se queda como está; lo que nadie ha notificado cuenta como hecho según el plan.",
    )
    yield Sentence(
        f"Runs of the standing plan that start within {minutes} minutes stay as planned, unless a rule, a"
        " withdrawn order or something due forbids it.",
        f"Las operaciones del plan vigente que empiezan en menos de {minutes} minutos se quedan como estaban,"
        " salvo que lo impida una regla, un pedido retirado o algo que vence.",
    )
    yield Sentence(
        f"A new plan replaces the standing one only if it saves more than {en(eur)} EUR and more than"
        f" {en(percent)} % of the cost, is less late, or the standing one can no longer be kept.",
        f"Un plan nuevo solo sustituye al vigente si ahorra más de {es(eur)} EUR y más del {es(percent)} %"
        " del coste, si hay menos retraso, o si el vigente ya no se puede mantener.",
    )
