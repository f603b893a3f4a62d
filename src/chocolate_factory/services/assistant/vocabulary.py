"""What each tool can be asked: the fields that it takes, and every word that a question for it may have.

A question is read whole or not answered: a word that is in neither list may be what it is about. Over text
without accents.
"""

from __future__ import annotations

import re

from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.hearing import Heard

EVERYWHERE = """
a al algo alguna algun algunas algunos aqui asi con cual cuales cuando cuanta cuantas cuanto cuantos da
dame de decir decirme del desde di dia dias dime donde e el ella ellos en entonces era es esa ese eso esta
estaba estamos estan estar este esto estos fue fueron ha habia habido habra haber hasta hay hemos han he hola
hubo la las le les lo los me mi mis muestra muestrame necesito nos nosotros nuestra nuestro nuestros
nuestras o oye para pero por porfa porfavor favor gracias buenas buenos tardes noches puede puedes podrias
puedo que queria quiero quisiera quien saber sabes se sea ser si sobre solo son soy su sus tal tambien te
ti tengo tenemos tenia teneis tiene tienen tuvo tu u un una unas uno unos va van ver vamos vas voy y ya yo
vale ok about also am an and any are as at be been being by can could day days did do does doing for from
give got had has have hello hey hi how i in is it its just kindly know like let many me much my of on only
or our ours over please pls plz see shall she should show so some tell thank thanks that the their them
there these they this those to told us want was we were what when where which who will with would you your
ll re o'clock here if per como seria whether mean means anything something thing things dices
fabrica factory planta plant few
"""
FUNCTION = frozenset(EVERYWHERE.split())
"""Words that name nothing, and those of courtesy. None that denies, compares or leaves out is among them."""

MONEY = r"""
preci\w* prices? priced coste? costo costaba costara? cuesta costs? costar costing eur euros?
"""
PRICE = r"""
vale valia valio valdra paga pago pagamos pagado pagar pagaremos pagaba pay paid paying luz electric\w*
energia energy power kwh mwh kilovatio mercado market spot negativ\w+ medi[oa] mean average avg
maxim[oa]s? minim[oa]s? highest lowest max min mas menos most least barat[oa]s? cheap cheaper cheapest
car[oa]s? dear dearer dearest expensive actual actuales current currently ahora mismo now right moment
momento horas? hours? h time sube[ns]? subir[ae]n? subio subidas? bajadas? baja[ns]? bajar[ae]n? bajo
rises? rising falls? falling go goes going up down alt[oa]s? baj[oa]s? high low today's tomorrow's
yesterday's below above zero cero tan estara sera hace compra
"""
RUNS = r"""
plan planes planned planific\w+ program\w+ schedul\w+ lotes? batch batches pasos? steps? maquinas?
machines? runs? running ran produc\w+ produj\w+ produzc\w+ made make making
"""
WORDS_FOR = r"""
day_prices: $PRICE
price_at: $PRICE
current_price: $PRICE periodos? period tariff tarifari[oa] punta llano valle peak off
price_forecast: $PRICE previs\w+ forecasts? predic\w+ pronostic\w+ espera\w* expected proxim[oa]s next
    viene semana week lo como look looks
windows: $PRICE mejor(?:es)? peor(?:es)? best worst optim\w+ ventanas? windows? franjas? tramos? slots?
    rato conviene debo deberia pongo poner sale compensa produc\w+ produzco run start arrancar consumir
    use evitar avoid during durante seguidas row
tariff_periods: periodos? periods? tarif\w* tariffs? punta valle llano off peak p[1-6] horari\w+ horas?
    hours? empieza acaba termina dura begins? starts? ends? until apply applies access acceso cuando
advice_now: espero esperar wait waiting marcha running runs? hago hacemos produzco produc\w+ arranc\w+
    start ahora mismo now right siguiente next pasos? lotes? batch steps? arranque haciendo hace funciona
    ya machine maquina mejor better debo plan produciendo moment momento
plan_summary: $MONEY plan planes planned vigente current actual ahorr\w+ sav(?:e|es|ing|ings) energia
    energy kwh lotes? batch batches planific\w+ ahora now resumen summary todo entero whole in force
    explica explain cuentame hablame pasos? steps? late tarde retras\w+ pedidos? entregas? orders? any
plan_runs: $RUNS $MONEY cuestan hace hacen hacer hara toca empieza[ns]? acaba[ns]? termina[ns]? usa[ns]? uses?
    used funciona[ns]? ocupad[oa]s? busy starts? ends? finish\w* fabric\w+ hora time work\w* trabaja[ns]?
    mismo tell going on ahora now productos? products? unidad(?:es)? cada next siguientes?
why_batch: late por why motivo razon reason run runs running lote batch hora horas time then later earlier
    tarde pronto temprano antes despues empieza arranca starts? begins? wait\w* no not explica explain
    plan\w* before after go goes programa\w* scheduled placed puesto
orders: pedidos? entreg\w+ orders? due deliver\w* demand\w* must made make hacer producir fabricar lotes?
    batch batches kilos? kg products? productos? vence[ns]? antes primero first pendientes? open pending
    proxim[oa]s next coming need deben debemos
savings: ahorr(?:o|os|e|a|an|amos|ado|ar|ados) sav(?:e|es|ed|ing|ings) settled closed provisional
    liquidad[oa]s? cerrad[oa]s? planning planificar planificando far hasta ahora plan plant fabrica money
    dinero euros? total
bill: $MONEY facturas? recibos? bills? invoices? luz electric\w* energia energy pago paga pagar pagamos
    pagado pay paid gast\w+ spen[dt] total importe amount llevamos llev[oa] asciende come last ultima
    anterior
factory_facts: kw podemos p[1-6] maxim[oa] max usar maquinas? machines? unidad(?:es)? units? potencia power
    contrat\w+ contract\w* productos?
    products? fabrica factory planta plant kg kilos? tamano size lotes? batch batches dura[ns]? tarda[ns]?
    long take[ns]? tariff tarifa hace hacemos make use tipo kind
weather: tiempo fuerte mucha strong temperatur\w* weather hace hara hacer calor frio hot cold warm grados
    degrees outside
    fuera ahora now right previs\w+ forecast maxim[oa] minim[oa] mucho very get estara exterior outdoor
climate: clima\w* climat\w+ normal\w* suele[n]? usual\w* tipic\w+ typical\w* historic\w* temperatur\w*
    calor frio hace hacer tiempo weather hot cold mes month median? mean site sitio
data_health: dat[oa]s? dia fresc\w+ fresh salud health estado status state retras\w+ tarde bien llega\w*
    late ok fine up date data actualizad\w+ fuentes? sources? arriv\w+ todo all funciona\w* working series
holes: huecos? holes? gaps? falta[ns]? missing dat[oa]s? data precios? prices? valores values series?
model_scores: aciert\w+ acert\w+ fiab\w+ precis\w+ errors? error(?:es)? accura\w+ reliab\w+ good previs\w+
    forecasts? model\w* cobertura coverage equivoc\w+ wrong usa usamos use used uses serves serving
    prices? precios? bien ahora now spot best mejor sirve
alerts: alert\w* avisos? warnings? problemas? problems? mirar look debo deberia activ[oa]s? active ahora
    now produccion fabrica planta plant factory abiertas? open pendientes?
    raro odd unusual
jobs: trabajos? jobs? tareas? scheduled automat\w+ copias? seguridad backups? fail\w* fall\w+ ok last
    ultim[oa]s? programad[oa]s? bien run ran running runs corrio corren hizo made system sistema work\w*
    fue
"""
"""Tools that are chosen by rules, with the words of their questions; a line goes on where it is indented."""


def vocabularies() -> dict[str, re.Pattern[str]]:
    """Tool -> what each word of a question for it is, beside those of every question."""
    text = re.sub(r"\n +", " ", WORDS_FOR.strip())
    for name, words in (("$PRICE", f"{MONEY}{PRICE}"), ("$MONEY", MONEY), ("$RUNS", RUNS)):
        text = text.replace(name, " ".join(words.split()))
    rows = (line.split(":", 1) for line in text.splitlines())
    return {tool: re.compile(rf"(?:{'|'.join(words.split())})(?:'s)?") for tool, words in rows}


VOCABULARIES = vocabularies()

TAKES: dict[str, frozenset[str]] = {
    "current_price": frozenset(),
    "day_prices": frozenset({"day", "since", "until", "last", "than"}),
    "price_at": frozenset({"day", "at"}),
    "windows": frozenset({"day", "hours", "since", "until", "last"}),
    "price_forecast": frozenset({"day", "series"}),
    "tariff_periods": frozenset({"day"}),
    "advice_now": frozenset(),
    "plan_summary": frozenset(),
    "plan_runs": frozenset({"day", "machine", "product", "batch", "which"}),
    "why_batch": frozenset({"batch"}),
    "orders": frozenset({"day", "product"}),
    "savings": frozenset({"month", "days"}),
    "bill": frozenset({"month"}),
    "factory_facts": frozenset({"machine", "product"}),
    "weather": frozenset({"day", "quantity"}),
    "climate": frozenset({"month"}),
    "data_health": frozenset(),
    "holes": frozenset({"days"}),
    "model_scores": frozenset({"series", "days"}),
    "alerts": frozenset(),
    "jobs": frozenset(),
}
"""What of a question each of them takes."""

ALSO: dict[str, frozenset[str]] = {
    "price_forecast": frozenset({"ahead"}),
    "orders": frozenset({"week", "ahead"}),
    "climate": frozenset({"year"}),
}
"""Spans that are what a tool tells anyway."""

OF_TODAY = frozenset({"alerts", "data_health", "advice_now"})
"""Tools on how things stand at the moment, of which "today" asks nothing else."""

AHEAD = frozenset({"plan_runs", "orders"})
"""Tools that know of today and of what is to come."""

NEVER = frozenset({"address", "changes", "query"})


def not_taken(tool: str, asked: Asked) -> list[str]:
    """The fields of a question that its tool cannot take."""
    named = [name for name in vars(asked) if getattr(asked, name) not in {None, "", ()}]
    return [name for name in named if name not in TAKES[tool] | NEVER]


def dropped_by(tool: str, said: Heard) -> list[str]:
    """What of a question its tool would leave out: fields, and kinds of spans and numbers."""
    fields = not_taken(tool, said.asked)
    if tool in OF_TODAY and said.asked.day == said.today:
        fields.remove("day")
    if tool in AHEAD and said.asked.day and said.asked.day < said.today:
        fields.append("past")
    if said.asked.which and said.past:
        fields.append("past")
    return [*fields, *sorted(said.loose - ALSO.get(tool, frozenset()))]


def unread(tool: str, rest: str) -> tuple[str, ...]:
    """The words of what is left of a question that neither every question has nor those for the tool."""
    words = re.findall(r"[a-z][a-z'’]*\d?|\d+", re.sub(r"\x00['’]s\b", " ", rest))
    known = VOCABULARIES[tool]
    return tuple(
        dict.fromkeys(
            word for word in words if word.removesuffix("'s") not in FUNCTION and not known.fullmatch(word)
        )
    )
