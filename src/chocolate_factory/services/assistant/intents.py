"""Which words call for which tool, and which questions are not answered; over text without accents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AT_A_TIME, NO_TOOL, WHAT_IF = "price_at", "", "what_if"
Refusal = Literal["change", "refused"]


@dataclass(frozen=True)
class Rule:
    """A question that matches `yes` and not `no` is for the tool."""

    tool: str
    yes: str
    no: str = ""


PLEASE = (
    r"^[¿¡\s]*(?:por favor,? |please,? |puedes |podrias |can you |could you |quiero que |i want you to )?"
)
REFUSED: tuple[tuple[Refusal, str], ...] = (
    (
        "refused",
        r"(?:ignor|olvid|forget|disregard|override|salta|pretend|finge|actua como|act as)\w*.{0,50}"
        r"(?:instruc|regla|rule|prompt|anterior|previous|limit|system|sistema|developer|admin|hechos|facts)"
        r"|system prompt|prompt del sistema|api.?key|contrasena|password|\bsecret[oa]?s?\b|\btokens?\b"
        r"|clave de (?:la )?api|variables? de entorno|environment variable|inventa|make up|invent a",
    ),
    (
        "change",
        PLEASE + r"(?:enciend|apag|arranca|para el|para la|deten|borra|elimina|cambia|muev|mueve|programa"
        r"|ejecuta|lanza|compra|vende|cancela|anade|sube|baja|entrena|sincroniza|planifica|replanifica"
        r"|turn (?:on|off)|switch (?:on|off)|start the|stop the|delete|remove|change|move|schedule"
        r"|execute|launch|buy|sell|cancel|add|set|train|sync|heal|replan|restart)",
    ),
)
ELSEWHERE = (
    r"\b(?:francia|france|alemania|germany|portugal|italia|italy|marruecos|morocco|reino unido|uk|china"
    r"|(?:(?<=\ben )|(?<=\bde )|(?<=\bin )|(?<=\bof )|(?<=\bthe ))usa"
    r"|estados unidos|united states|paris|londres|london|berlin|lisboa|lisbon|roma|tokio|tokyo)\b"
)
PRICE = (
    r"preci|price|cuesta|\bcost|cuanto vale|se paga|pay\b|paid|\bluz\b|electric|kwh|mwh|negativ|pvpc|\bspot\b"
)
LOOKS_FOR_TIME = (
    r"cuando (?:conviene|debo|deberia|puedo|pongo|produ|es mas|esta mas|sale|hay que arrancar|compensa)"
    r"|(?:mejor|peor|mas barat\w+|mas car\w+|baratas|caras|optim\w+)\W+(?:\w+\W+){0,3}?"
    r"(?:momento|horas?|ventanas?|rato|franja)"
    r"|(?:momento|horas?|ventanas?|franja)\W+(?:\w+\W+){0,2}?(?:mas barat|mas car|mejor|optim|a evitar)"
    r"|que horas? (?:son|es|sera) (?:las? )?mas|evitar"
    r"|when (?:should|is it|is the|will it be|can) \b.*(?:run|cheap|best|start|produce|dear|expens|worst)"
    r"|(?:best|worst|cheapest|dearest|optimal|most expensive)\W+(?:\w+\W+){0,3}?"
    r"(?:time|hours?|window|moment|slot)"
    r"|avoid"
)
SURELY = (
    r"^\W*(?:(?:y|e|pero|entonces|que pasa|que pasaria|que ocurre|que ocurriria|como cambia\w*) )?si "
    r"(?!hay\b|tengo que\b|o no\b)"
    r"|^\W*(?:and |but |so )?(?:what|how) (?:happens |would happen |about )?if\b"
    r"|^\W*(?:suppose|imagine|supon|imagina)"
)
PERHAPS = (
    r"\b\w{2,}r(?:ia|iamos|ian)\b.*\b(?:si|con|sin)\b|\bsi\b.*\b\w{2,}r(?:ia|iamos|ian)\b"
    r"|\bwould\b.*\b(?:with|without|battery|panels)\b|\bif\b|\bsi hay\b|\bsi\b.*(?:%|por ciento)"
)
"""What is supposed; of the second only where a change is named that can be worked out."""

ADDRESS = r"\b(?:\d{1,3}(?:\.\d{1,3}){3}\b|[0-9a-f]{1,4}:[0-9a-f:]*:[0-9a-f:.]*)"
"""An IP address, or what looks like one."""

RULES: tuple[Rule, ...] = (
    Rule(WHAT_IF, f"{SURELY}|{PERHAPS}"),
    Rule("certificates", r"\bcertificad|\bcertificates?\b|\btls\b"),
    Rule("network_whois", r"\bwhois\b|(?:quien|who|whose|que maquina|which machine)\b.*" + ADDRESS),
    Rule(
        "network_connections",
        r"(?:quien|quienes|who)\b.*(?:conectad|connected|en linea|online)|gente conectada"
        r"|conexiones (?:activas|hay|de (?:la )?red)|(?:active|open|network) connections",
    ),
    Rule(
        "network_nodes",
        r"\bnodos?\b|\bnodes?\b|tailscale|tailnet|red privada|private network|(?:conectad|connected|en linea"
        r"|online).*(?:maquinas|machines|equipos|devices)|(?:maquinas|machines|equipos|devices).*(?:conectad"
        r"|connected|en linea|online|\b(?:en|de|in|of|on) (?:la|the) (?:red|network)\b)",
    ),
    Rule(NO_TOOL, r"(?:por que|\bwhy\b).*(?:preci|price|car[oa]\b|expensive|\bluz\b|barat|cheap)"),
    Rule("bill", r"factura|recibo|\bbill\b|\bbills\b|invoice"),
    Rule(
        "why_batch",
        r"por que|\bwhy\b|motivo|razon de|reason",
        r"preci|price|caro|cara\b|expensive|alert|luz",
    ),
    Rule("current_price", r"(?:que|which|what) (?:tariff )?(?:periodo|period) (?:estamos|is it now|are we)"),
    Rule("plan_summary", r"plan.*(?:ahorr|sav|cost|cuest|energ|kwh)|(?:ahorr|sav|cost|cuest).*\bplan\b"),
    Rule("savings", r"ahorr|saving|\bsaved?\b"),
    Rule(
        "model_scores",
        r"aciert|acert|fiab|precision|error|accura|reliab|how good|que tal prev|modelo|\bmodels?\b|cobertura"
        r"|coverage|equivoc|wrong.*forecast|forecast.*wrong",
    ),
    Rule("alerts", r"alerta|\balerts?\b|\bavisos?\b|warning|hay algun problema|any problem|que debo mirar"),
    Rule("jobs", r"trabajos|\bjobs?\b|tareas|scheduled|automat|copia de seguridad|backup"),
    Rule("holes", r"hueco|\bholes?\b|\bgaps?\b|faltan? (?:datos|precios|valores)|missing|datos? que faltan?"),
    Rule(
        "data_health",
        r"datos.*(?:dia|fresc|salud|estado|retras|tarde|bien|llega)|data.*(?:fresh|health|status|late|ok|fine"
        r"|up to date|arriv)|actualizad|up to date|estado de los datos|fuentes?|sources?",
    ),
    Rule("climate", r"\bclima|climat|normal(?:es|mente|ly)?\b|historic|suele|usual|tipic|typical"),
    Rule(
        "weather",
        r"(?<!cuanto )(?<!mucho )\btiempo (?:hace|hara|va|en|para|de)|que tiempo|temperatur|lluvi|llov|llueve"
        r"|viento|humedad|weather|\brain|\bwind\b|humidity|\bhot\b|calor|\bfrio|\bcold\b|grados|degrees",
    ),
    Rule(
        "tariff_periods",
        r"periodos?\b|\bperiods?\b|\bpunta\b|\bvalle\b|\bllano\b|off.?peak|\bp[1-6]\b|tarifa|tariff",
        PRICE,
    ),
    Rule("advice_now", r"espero|esperar|\bwait\b|en marcha|running|que hago ahora"
         r"|what (?:should|do) (?:i|we) (?:do )?now"
         r"|(?:produ|arranc|run|start)\w* (?:ya|ahora|now)|ahora mismo (?:produ|se hace|funciona)"
         r"|what runs now"
         r"|que se esta (?:haciendo|produciendo)|siguiente (?:paso|lote|arranque)"
         r"|next (?:run|batch|step|start)"),
    Rule("windows", LOOKS_FOR_TIME, r"\bpedid|\bentreg|\borders?\b|\bdue\b|\blotes?\b|\bbatch"),
    Rule("orders", r"pedid|entreg|\borders?\b|\bdue\b|deliver|demand|must be made"
         r"|hay que (?:hacer|producir|fabricar)"),
    Rule("price_forecast", r"previsi|forecast|previst|prediccion|predict"
         r"|(?:proximos|next) (?:\w+ )?(?:dias|days)"
         r"|semana que viene|proxima semana|next week"),
    Rule("day_prices", PRICE + r"|barat|cheap|caro|cara|dear|expensive"),
    Rule("factory_facts", r"cuant\w+ (?:maquinas|unidades|potencia)|how many|how much power"
         r"|potencia|contrat|power\b"
         r"|que maquinas|what machines|which machines|productos|products|fabrica|factory|planta\b|\bplant\b"
         r"|kg (?:tiene|por)|kilos|tamano|batch size|cuanto (?:dura|tarda)|how long"),
    Rule("plan_runs", r"que (?:se )?(?:produ|hace|hara|toca|va a)"
         r"|cuando (?:se |va |empieza|usa|funciona|acaba|termina)"
         r"|program|planned|schedul|usa|\buses?\b|funciona|produc|\brun|lote|batch|pasos|steps"
         r"|maquina|machine|ocupad|busy"),
    Rule("plan_summary", r"\bplan\b|planific"),
)  # fmt: skip
"""In their order: the first that fits counts."""
