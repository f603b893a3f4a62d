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
dame de decir decirme del desde di dia dias dime e el ella ellos en entonces era es esa ese eso esta
estaba estamos estan estar este esto estos fue fueron ha habia habido habra haber hasta hay hemos han he hola
hubo la las le les lo los me mi mis muestra muestrame necesito nos nosotros nuestra nuestro nuestros
nuestras o oye para pero por porfa porfavor favor gracias buenas buenos tardes noches puede puedes podrias
puedo que queria quiero quisiera quien saber sabes se sea ser si sobre solo son soy su sus tal tambien te
ti tengo tenemos tenia teneis tiene tienen tuvo tu u un una unas uno unos va van ver vamos vas voy y ya yo
vale ok about also am an and any are as at be been being by can could day days did do does doing for from
give got had has have hello hey hi how i in is it its just kindly know like let many me much my of on only
or our ours over please pls plz see shall she should show so some tell thank thanks that the their them
there these they this those to told us want was we were what when which who will with would you your
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
momento horas? hours? h time estimad\w+ definitiv\w+ publicad\w+ confirmad\w+ oficial(?:es)? published
confirmed final estimated? seguros?
sube[ns]? subir[ae]n? subio subidas? bajadas? baja[ns]? bajar[ae]n? bajo
rises? rising falls? falling go goes going up down alt[oa]s? baj[oa]s? high low today's tomorrow's
yesterday's below above zero cero tan estara sera hace compra
"""
RUNS = r"""
plan planes planned planific\w+ program\w+ schedul\w+ lotes? batch batches pasos? steps? maquinas?
machines? runs? running ran produc\w+ produj\w+ produzc\w+ made make making queda[ns]? faltan? left hic\w+
remaining tengo need
"""
WORDS_FOR = r"""
time_now: hora time fecha date ahora now today's
day_prices: $PRICE
compare_prices: $PRICE compar\w+ con with to beside
period_prices: $PRICE periodos? period tariff tarifa
machine_windows: $PRICE mejor(?:es)? best worst peor(?:es)? sale encender poner arrancar usar correr run
    running start funcionar producir conviene debo deberia momento ventanas? windows? slots?
price_at: $PRICE
current_price: $PRICE periodos? period tariff tarifari[oa]
price_forecast: $PRICE previs\w+ forecasts? predic\w+ pronostic\w+ espera\w* expected proxim[oa]s next
    viene semana week lo como look looks margen margin error incertidumbre uncertain\w* bandas? bands?
windows: $PRICE mejor(?:es)? peor(?:es)? best worst optim\w+ ventanas? windows? franjas? tramos? slots?
    rato conviene debo deberia pongo poner sale compensa produc\w+ produzco run start arrancar consumir
    use evitar avoid during durante seguidas row
tariff_periods: periodos? periods? tarif\w* tariffs? horari\w+ horas?
    hours? empieza acaba termina dura begins? starts? ends? until apply applies access acceso cuando
advice_now: espero esperar wait waiting marcha running runs? hago hacemos produzco produc\w+ arranc\w+
    start ahora mismo now right siguiente next pasos? lotes? batch steps? arranque haciendo hace funciona
    ya machines? maquinas? mejor better debo plan produciendo moment momento merece pena worth hasta until
    till compensa it's while funcionando encendid\w+ working idle stopped esper\w+ waiting
plan_summary: $MONEY plan planes planned vigente current actual ahorr\w+ sav(?:e|es|ing|ings) energia
    energy kwh lotes? batch batches planific\w+ ahora now resumen summary todo entero whole in force
    explica explain cuentame hablame pasos? steps? late tarde retras\w+ pedidos? entregas? orders? any
    llega\w* tiempo time everything actualiz\w+ updated? hizo hecho made calculo calculado ahorraremos
    ahorrara ahorrar going vamos hicieron calcul\w+ con which
plan_runs: $RUNS $MONEY cuestan hace hacen hacer hara toca empieza[ns]? acaba[ns]? termina[ns]? usa[ns]? uses?
    used funciona[ns]? ocupad[oa]s? busy starts? ends? finish\w* fabric\w+ hora time work\w* trabaja[ns]?
    mismo tell going on ahora now productos? products? unidad(?:es)? cada next siguientes? lanza\w* empezamos
    acabamos terminamos arranca[ns]? begins? gast\w+ consum\w+ energia energy power kwh salen sale[ns]?
    kilos? kg kilograms? doing everything total
why_batch: late por why motivo razon reason run runs running lote batch hora horas time then later earlier
    tarde pronto temprano antes despues empieza arranca starts? begins? wait\w* no not explica explain
    plan\w* before after go goes programa\w* scheduled placed puesto
plan_load: picos? peak load consum\w+ gast\w+ usa\w* use[ds]? using energia energy electric\w* kwh kw
    potencia power demand carga exces\w+ excess\w* exceed\w* contrat\w+ contracted pasa\w* supera\w* over
    above penaliz\w+ ahora now mismo right current\w* actual\w* necesit\w+ needs? need hace falta total
    draws? drawing plan planned previst\w+ multa fine fined penal\w+ maxim[oa] max highest demanda take
plan_carbon: co2 emisi\w+ emiti\w+ emite\w* emissions? emit\w* carbon\w* huella footprint plan dioxid\w+
batch_costs: $MONEY energia energy electric\w* luz kwh gasta consum\w+ lotes? batch kilos? kg kilogram\w*
    chocolate hacer producir fabricar make making produce cada each per sale use uses power
stock: stock inventari\w+ inventory existencias almacen warehouse chocolate productos? products? terminad\w+
    finished goods kilos? kg queda[ns]? left
shifts: gente anyone anybody someone somebody produc\w+ fabricar
    turnos? shifts? festiv\w+ holidays? trabaj\w+ work\w* hora horas hours? noche night semana week
    abierta open laborable next proxim\w+ bank public
orders: pedidos? entreg\w+ orders? due deliver\w* demand\w* must made make hacer producir fabricar lotes?
    batch batches kilos? kg products? productos? vence[ns]? antes primero first pendientes? open pending
    proxim[oa]s next coming need deben debemos
savings: ahorr(?:o|os|e|a|an|amos|ado|ar|ados) sav(?:e|es|ed|ing|ings) settled closed provisional
    liquidad[oa]s? cerrad[oa]s? planning planificar planificando far hasta ahora plan plant fabrica money
    dinero total $MONEY pag\w+ pay paid gast\w+ spen[dt] luz electric\w* energia energy power
bill: $MONEY compras? purchases? facturas? recibos? bills? invoices? luz electric\w* energia energy pago paga
    pagar pagamos
    pagado pay paid gast\w+ spen[dt] total importe amount llevamos llev[oa] asciende come last ultima
    anterior
factory_facts: kw podemos maxim[oa] max usar margen comercializador\w* retail\w* margin consum\w+ gasta draws?
    usa uses? usar maquinas? machines? unidad(?:es)? units? potencia power
    contrat\w+ contract\w* productos?
    products? fabrica factory planta plant kg kilos? tamano size lotes? batch batches dura[ns]? tarda[ns]?
    long take[ns]? tariff tarifa hace hacemos make use tipo kind energia energy electric\w* luz vend\w+
    sells? selling price grid red placas? paneles panels? solar\w* baterias? battery batteries battery
weather: tiempo fuerte mucha strong temperatur\w* weather hace hara hacer calor frio hot cold warm grados
    degrees outside
    fuera ahora now right previs\w+ forecast maxim[oa] minim[oa] mucho very get estara exterior outdoor
climate: clima\w* climat\w+ normal\w* suele[n]? usual\w* tipic\w+ typical\w* historic\w* temperatur\w*
    calor frio hace hacer tiempo weather hot cold mes month median? mean site sitio
data_health: problem\w* fall[oa]s? fallan errors? error(?:es)? issues? wrong mal
    dat[oa]s? dia fresc\w+ fresh salud health estado status state retras\w+ tarde bien llega\w*
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
    fue heal sync forecast plan prices? backtest
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

SPAN = frozenset({"day", "since", "until", "last"})
TAKES: dict[str, frozenset[str]] = {
    "time_now": frozenset(),
    "current_price": frozenset(),
    "day_prices": SPAN,
    "compare_prices": SPAN | {"at", "than", "than_since", "than_until", "than_last", "than_at"},
    "period_prices": SPAN | {"period"},
    "machine_windows": SPAN | {"machine", "hours"},
    "price_at": frozenset({"day", "at"}),
    "windows": SPAN | {"hours", "rank"},
    "price_forecast": frozenset({"day", "series"}),
    "tariff_periods": frozenset({"day", "period"}),
    "advice_now": frozenset({"than", "machine"}),
    "plan_summary": frozenset(),
    "plan_runs": SPAN | {"machine", "product", "batch", "which"},
    "plan_load": SPAN,
    "plan_carbon": frozenset(),
    "batch_costs": frozenset({"product"}),
    "why_batch": frozenset({"batch"}),
    "orders": frozenset({"day", "last", "product"}),
    "stock": frozenset({"product"}),
    "shifts": frozenset({"day"}),
    "savings": frozenset({"month", "days", "day", "last"}),
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
    "shifts": frozenset({"part", "week"}),
    "climate": frozenset({"year"}),
}
"""Spans that are what a tool tells anyway."""

ALL_PERIODS = frozenset({"current_price", "factory_facts"})
"""Tools that tell of each tariff period anyway."""

OF_TODAY = frozenset({"time_now", "alerts", "data_health", "advice_now"})
"""Tools on how things stand at the moment, of which "today" asks nothing else."""

AHEAD = frozenset({"plan_runs", "plan_load", "orders"})
"""Tools that know of today and of what is to come."""

PLANNED = frozenset({"plan_runs", "plan_load", "batch_costs"})
"""Tools on what is planned, which know nothing of what has been."""

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
    if said.past and (said.asked.which or (tool in PLANNED and not said.asked.day)):
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
