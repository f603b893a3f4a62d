"""Which words call for which tool, and which questions are not answered; over text without accents."""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.domain.facts import Language

AT_A_TIME, NO_TOOL, WHAT_IF = "price_at", "", "what_if"


@dataclass(frozen=True)
class Rule:
    """A question that matches `yes` and not `no` is for the tool."""

    tool: str
    yes: str
    no: str = ""


FORBIDDEN = (
    r"(?:ignor|olvid|forget|disregard|override|salta|pretend|finge|actua como|act as)\w*.{0,50}"
    r"(?:instruc|regla|rule|prompt|anterior|previous|limit|system|sistema|developer|admin|hechos|facts)"
    r"|system prompt|prompt del sistema|variables? de entorno|environment variable"
    r"|\binvent(?:a|ar|ate|ame|arte|es)\b|make up|invent an?\b"
)
"""What is never answered: orders to leave the rules, and to invent."""

SECRETS = r"api.?key|contrasena|password|\bsecret[oa]?s?\b|\btokens?\b|clave de (?:la )?api"
HOW_OR_WHERE = (
    r"^\W*(?:how (?:do|can|should|to)|como|donde|where) "
    r"(?!.*(?:\b(?:read|see|print|show|leo|veo|ver|leer|saco)\b))"
)
"""Questions on secrets that documents answer: how they are made and kept, never what they are."""

IMPERATIVES = (
    r"enciende|apaga|arranca|deten|borra|elimina|cambia|mueve|programa|ejecuta|lanza|compra|vende"
    r"|cancela|anade|sube|baja|entrena|sincroniza|planifica|replanifica|turn (?:on|off)"
    r"|switch (?:on|off)|start (?:the|a|an|up)|stop the|delete|remove|change|move|schedule|execute"
    r"|launch|buy|sell|cancel|add|set|train|sync|heal|replan|restart"
)
INFINITIVES = (
    r"start|encender|apagar|arrancar|parar|detener|borrar|eliminar|cambiar|mover|programar|ejecutar|lanzar"
    r"|comprar|vender|cancelar|anadir|subir|bajar|entrenar|sincronizar|planificar|replanificar|adelantar"
    r"|retrasar|turn (?:on|off)|switch (?:on|off)|stop|delete|remove|change|move|schedule|execute|launch"
    r"|buy|sell|cancel|add|train|sync|restart"
)
POLITE = r"^\W*(?:(?:oye|hey|hola|hello|hi|por favor|please|porfa|ok|vale|y|and),? )*"
WISH = (
    POLITE
    + r"(?:me )?(?:puedes|podrias|quiero|queremos|quisiera|necesito|necesitamos|me gustaria|can you|could you"
    rf"|i want (?:you )?to|we want (?:you )?to|i would like to|i'd like to|i need (?:you )?to) (?:please )?"
    rf"(?:{INFINITIVES})(?:lo|la|los|las|me)?\b"
    rf"|{POLITE}(?:quiero|necesito|i want) (?:que |you to )(?:enciend|apag|arranqu|par|borr|elimin|cambi|muev"
    r"|program"
    r"|ejecut|lanc|cancel|anad|start|stop|delete|remove|change|move|schedule|execute|launch|cancel|add)\w*"
)
"""What is wished to be done; also where it is asked with a question mark."""

DAY_NEXT = (
    r"lunes|martes|miercoles|jueves|viernes|sabado|domingo|\d|proxim|dia\b"
    r"|semana|mes\b|fin\b|finde|plan\b|ano\b"
)
ORDER = (
    POLITE + rf"(?:(?:{IMPERATIVES})(?:lo|la|los|las|me)?\b(?! del?\b| of\b)"
    rf"|(?:para|deten) (?:el|la|los|las) (?!{DAY_NEXT}))"
)
ASKING = r"[?¿]|\b(?:que|cual|cuales|cuant[oa]s?|cuando|hay|what|which|how|when|why)\b"
"""An order, unless it asks: "sube la luz" is one, "¿sube la luz mañana?" is none."""

ANSWER_IN: dict[Language, str] = {
    "es": r"\b(?:(?:responde|contesta|dime|answer|reply)\w* )?(?:en|in) "
    r"(?:español|espanol|castellano|spanish)\b",
    "en": r"\b(?:(?:responde|contesta|dime|answer|reply)\w* )?(?:en|in) (?:inglés|ingles|english)\b",
}
PAID = r"\b(?:nos (?:ha )?cost\w+|cost us|pagamos|pagado|pagar|pago|gast\w+|paid|pay|spen[dt])\b"
WHAT_COST = r"\b(?:que|cual) (?:fue el )?(?:coste|gasto)\b(?!.*\b(?:luz|electric|energia))"
UNIT_PRICE = r"preci|price|medi[ao]|mean|average|avg|kwh|mwh|maxim|minim|highest|lowest|horas?\b|hours?\b"
"""Money of a month is its bill, unless it is asked by the kWh."""

ELSEWHERE = (
    r"\b(?:francia|france|alemania|germany|portugal|italia|italy|marruecos|morocco|reino unido|uk|china"
    r"|(?:(?<=\ben )|(?<=\bde )|(?<=\bin )|(?<=\bof )|(?<=\bthe ))usa"
    r"|estados unidos|united states|paris|londres|london|berlin|lisboa|lisbon|roma|tokio|tokyo)\b"
)
PAYS = r"preci|price|cuest|\bcost|\bpag|\bpay|paid|ahorr|sav(?:e|ing)|\bplan\b|factura|bill|dato|data"
PRICE = (
    r"preci|price|cuesta|\bcost|cuanto vale|se paga|\bpagamos|pay\b|paid|\bluz\b|electric|kwh|mwh|negativ"
    r"|pvpc|\bspot\b|gasta(?:do|mos)\b|\bspen[dt]\b"
)
ENERGY = r"\benergia\b|\benergy\b|\bkwh\b"
ON_TIME = r"\ba tiempo\b|\b(?:on|in) time\b"
"""Questions on whether the plan keeps what is due, which may say "this week"."""

FIRST_OR_LAST = {
    "first": r"\b(?:a que hora|what time)\b.*\b(?:empieza|empezamos|arranca|start|begin)",
    "last": r"\b(?:a que hora|what time)\b.*\b(?:acaba|acabamos|termina|terminamos|finish|end)",
}
"""Questions on the one time at which work begins or ends."""

WHICH_DAY = (
    r"\b(?:que|which|what) (?:dia|day) (?:es|sera|is|will be)"
    r" (?:el |the )?(?:mas |most |cheap|dear|best|mejor)"
)
BY_PERIOD = r"\b(?:por|cada|by|each|per) (?:tariff )?(?:periodos?|periods?)\b"
LOOKS_FOR_TIME = (
    r"cuando (?:me |nos )?(?:conviene|debo|deberia|puedo|pongo|produ|es mas|esta mas|sale|hay que arrancar"
    r"|compensa)"
    r"|(?:mejor(?:es)?|peor(?:es)?|mas barat\w+|mas car\w+|baratas|caras|optim\w+)\W+(?:\w+\W+){0,3}?"
    r"(?:momento|horas?|ventanas?|rato|franja)"
    r"|(?:momento|horas?|ventanas?|franja)\W+(?:\w+\W+){0,2}?(?:mas barat|mas car|mejor|optim|a evitar)"
    r"|que horas? (?:son|es|sera) (?:las? )?mas|evitar"
    r"|when (?:should|is it|is the|will it be|can) \b.*(?:run|cheap|best|start|produce|dear|expens|worst)"
    r"|(?:best|worst|cheapest|dearest|optimal|most expensive)\W+(?:\w+\W+){0,3}?"
    r"(?:time|(?:\d+ ?)?h(?:ours?)?\b|window|moment|slot)"
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

RUNNING = r"\brunning\b|en marcha|funcionando|\b(?:machines?|working|idle|stopped)\b.*\bnow\b|encendid"
NOT_NOW = (
    r"\bwhen\b|cuando|\btime\b|\bhoras?\b|should|could|\bcan\b|puedo|podemos|debo|deberia|conviene"
    r"|next|siguiente|wait|esper|cost|cuest"
)
"""What runs on a machine at the moment, and what makes of it another question."""

DUE = r"pedid|entreg|vence|\borders?\b|\bdue\b|deliver|demand"
SOME_TIME = (
    r"\b(?:durante |por |for )?(?:(?:unos|unas|el|la|los|las|a|an|one|two|three|un|una|dos|tres|cuatro|the"
    r"|this|all|some|todo|toda|\d+) )+(?:dias?|horas?|semanas?|days?|hours?|weeks?|manana|tarde|noche)\b"
    r"|\b(?:hoy|manana|today|tomorrow|tonight|esta semana|this week)\b"
)
"""Time that a change is supposed to last, of which nothing can be worked out."""

WAITING = r"\bwait\w*|\besper\w*|\b(?:hoy|today) (?:o|or) (?:manana|tomorrow)\b"
WAIT_UNTIL = r"\b(?:wait\w*|esper\w*) (?:until|till|for|to|hasta|a|al)\b"
"""Whether to run today or on a later day."""

PREDICTS = r"previs|forecast|predic|model"
DEAR = r"\bcar[ao]s?\b|\bdear|expensive|\bpeor|\bworst|evitar|\bavoid"
CHEAP = r"barat|cheap|mejor|\bbest|convien"
RULES: tuple[Rule, ...] = (
    Rule(WHAT_IF, f"{SURELY}|{PERHAPS}"),
    Rule("time_now", r"\bque (?:hora|dia|fecha) (?:es|tenemos)\W*(?:hoy|ahora|ya)?\W*$"
         r"|\bwhat (?:time|day|date) is it\b|\bwhat is the time\b|what is today's date"),
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
    Rule(NO_TOOL, r"\b(?:can|could|may|puedo|podemos|se puede)\b"
         r".*\b(?:start|begin|arrancar|empezar|poner|lanzar)\b",
         r"cuando|\bwhen\b|\bhoras?\b|what time|\bhow\b|\bcomo\b|\d:\d\d|\blas \d|\bat \d"),
    Rule(NO_TOOL, r"(?:por que|\bwhy\b).*(?:preci|price|car[oa]\b|expensive|\bluz\b|barat|cheap)"),
    Rule("bill", r"\b(?:compra|gasto)s? (?:de|en) (?:energia|luz|electricidad)|factura|recibo|\bbills?\b"
         r"|invoice"),
    Rule(
        "why_batch",
        r"por que|\bwhy\b|motivo|razon de|reason",
        r"preci|price|caro|cara\b|expensive|alert|luz",
    ),
    Rule("current_price", r"(?:que|which|what) (?:tariff )?(?:periodo|period) (?:estamos|is it now|are we)"
         r"|estamos en (?:hora )?(?:punta|llano|valle)|(?:are we|is it) (?:in|on|at)?\W*(?:off.?)?peak"),
    Rule("plan_summary", r"(?:plan|lotes?|batch\w*|orders?|pedidos?)\b.*(?:\blate\b|\btarde\b|retras)"
         rf"|{ON_TIME}|\bahorrar(?:emos|a|an)\b|vamos a ahorrar|\b(?:will|going to) (?:\w+ )?save\b"
         r"|cuando se (?:actualizo|hizo|calculo) el plan|when was the plan"
         r"|con que precios? se (?:hizo|calculo|hicieron) el plan|which prices .*\bplan\b"
         r"|plan.* (?:updated|actualizado|made|hecho)\b|updated the plan",
         r"por la tarde|esta tarde|por que|\bwhy\b"),
    Rule("plan_carbon", r"\bco2\b|emisi|emiti|emission|\bemit|carbon"),
    Rule("stock", r"\bstock\b|inventari|inventory|existencias|almacen\b|warehouse"),
    Rule("shifts", r"\bturnos?\b|\bshifts?\b|festiv|holiday|\bse trabaja\b|quien trabaja|who works"
         r"|\bhay gente\b|\b(?:any|some)(?:one|body) (?:there|at work)|\bdo we work\b|\btrabajamos\b"),
    Rule("shifts", r"\b(?:puedo|podemos|se puede|can (?:i|we))\b.*\b(?:producir|trabajar|fabricar|produce"
         r"|work)\b",
         r"cuando|\bwhen\b|\bhoras?\b|\bhours?\b|what time|\bhow\b|\bcomo\b|cuant|ahora|\bnow\b|\bya\b"
         r"|barat|cheap"),
    Rule("batch_costs",
         r"(?:cuest|cost|gast|consum|energ|\bsale\b|\buses?\b).*\b(?:una?|el|cada|por|per|an?|each|one|the|hacer"
         r"|make|making) (?:lote|batch|kilo|kg|kilogram)\w*"
         r"|\b(?:una?|cada|an?|each|one) (?:lote|batch|kilo|kg|kilogram\w*) "
         r".*(?:cuest|cost|gast|consum|\buses?\b)",
         r"siguientes?|next|proxim|primer|ultimo|first|last|\blotes\b|\bbatches\b|factura|bill"),
    Rule("plan_load",
         r"\b(?:pico|peak) (?:de )?(?:potencia|consumo|carga|load|power|demand)\b|\bconsum[eio]\w*"
         r"|(?:exces|excess|pasa\w*|supera\w*|over|above|exceed).*(?:potencia|power|contrat|contract)"
         r"|cuant[oa]s? (?:kwh|energia|potencia) (?:se )?(?:gast|us|consum|necesit|hace falta|va|vamos)"
         r"|how (?:much|many) (?:energy|kwh|power|electricity) (?:will|do|does|did|are|is)\b"
         r"|(?:power|energy) (?:consumption|use|draw)\b|\bload\b|how much power",
         PAYS),
    Rule("price_forecast",
         r"(?:margen|incertidumbre|banda|\bmargin|uncertain|\bband\b).*(?:previs|forecast|preci|price)"
         r"|(?:previs|forecast).*(?:margen|incertidumbre|banda|margin|uncertain|\bband\b)"),
    Rule("plan_runs", r"(?:cuest|cost)\w*.*\b(?:lotes?|batch|batches)\b"
         r"|\b(?:lotes?|batch|batches)\b.*(?:cuest|cost)",
         r"\b(?:una?|an?|one|cada|each|per|por|siguientes?|next|proxim\w+) (?:lote|batch)|\bplan\b"),
    Rule("plan_summary", r"plan.*(?:ahorr|sav|cost|cuest|energ|kwh)|(?:ahorr|sav|cost|cuest).*\bplan\b"),
    Rule("savings", r"ahorr|saving|\bsaved?\b", r"\bto save\b|\b(?:para|como) ahorr"),
    Rule(
        "model_scores",
        r"aciert|acert|fiab|precision|error|accura|reliab|how good|que tal prev|modelo|\bmodels?\b|cobertura"
        r"|coverage|equivoc|wrong.*forecast|forecast.*wrong",
    ),
    Rule("data_health", r"(?:problem|fall[oa]|error|issue|wrong|mal\b)\w*.*\b(?:datos?|data)\b"
         r"|\b(?:datos?|data)\b.*(?:problem|fallo|falla|error|issue|wrong|mal\b)", PREDICTS),
    Rule("alerts", r"alerta|\balerts?\b|\bavisos?\b|warning|hay algun problema|any problem|que debo mirar"
         r"|\balgo raro|anything (?:odd|unusual)"),
    Rule("jobs", r"trabajos|\bjobs?\b|tareas|scheduled|automat|copia de seguridad|backup",
         r"\blotes?\b|\bbatch"),
    Rule("holes", r"hueco|\bholes?\b|\bgaps?\b|faltan? (?:datos|precios|valores)|missing|datos? que faltan?"),
    Rule(
        "data_health",
        r"\besta(?:n|mos)? (?:todo |todos )?al dia\b"
        r"|datos.*(?:dia|fresc|salud|estado|retras|tarde|bien|llega)|data.*(?:fresh|health|status|late|ok|fine"
        r"|up to date|arriv)|actualizad|up to date|estado de los datos|fuentes?|sources?",
    ),
    Rule("climate", r"\bclima|climat|normal(?:es|mente|ly)?\b|historic|suele|usual|tipic|typical"),
    Rule(
        "weather",
        r"(?<!cuanto )(?<!mucho )\btiempo (?:hace|hara|va|en|para|de)|que tiempo|temperatur|lluvi|llov|llueve"
        r"|viento|humedad|weather|\brain|\bwind\b|humidity|\bhot\b|calor|\bfrio|\bcold\b|grados|degrees",
    ),
    Rule("factory_facts", r"\bvend[eio]\w*|\bsell(?:s|ing)?\b|\bplacas?\b|paneles|\bpanels?\b|\bbaterias?\b"
         r"|\bbatter(?:y|ies)\b|margen.*(?:contrat|comercial)|contract.*margin|margin.*(?:contract|retail)"
         r"|potencia.*\bp[1-6]\b|\bp[1-6]\b.*potencia|power.*\bp[1-6]\b|\bp[1-6]\b.*power"),
    Rule(
        "tariff_periods",
        r"periodos?\b|\bperiods?\b|\bpunta\b|\bvalle\b|\bllano\b|off.?peak|\bp[1-6]\b|tarifa|tariff",
        PRICE,
    ),
    Rule("advice_now", RUNNING, NOT_NOW),
    Rule("advice_now", r"(?:produ|merece|compensa|worth|better|mejor)\w*.*"
         r"\b(?:hoy|today) (?:o|or) (?:manana|tomorrow)\b"),
    Rule("advice_now", r"espero|esperar|\bwait(?:ing)?\b|en marcha|running|que hago ahora"
         r"|what (?:should|do) (?:i|we) (?:do )?now"
         r"|(?:produ|arranc|run|start)\w* (?:ya|ahora|now)|ahora mismo (?:produ|se hace|funciona)"
         r"|what runs now"
         r"|que se esta (?:haciendo|produciendo)|siguiente (?:paso|lote|arranque)"
         r"|next (?:run|batch|step|start)", r"\bcost\b"),
    Rule("windows", LOOKS_FOR_TIME, r"\bpedid|\bentreg|\borders?\b|\bdue\b|\blotes?\b|\bbatch"),
    Rule(NO_TOOL, r"\b(?:how many|cuant[oa]s) (?:more )?(?:lotes|batches|pasos|runs|steps)\b"
         r".*(?:\bper\b|\bpor (?:dia|hora|semana|turno)|\bal (?:dia|mes)\b|\bcada\b|\beach\b)"),
    Rule("plan_runs", r"\b(?:hay|tenemos|tengo) que hacer\b|\btoca hacer\b|\bwhat(?: is|'s) on\b"
         r"|\bwhat (?:do|should|must) (?:we|i) (?:have to |need to )?(?:do|run|make|produce)\b"
         r"|\b(?:how many|cuant[oa]s) (?:more )?(?:lotes|batches|pasos|runs|steps)\b",
         r"pedid|entreg|\borders?\b|\bdue\b|deliver|\bnow\b|ahora|\bif\b|\bkilos?\b|\bkg\b|\beach\b|\bcada\b"),
    Rule("orders", r"pedid|entreg|\borders?\b|\bdue\b|deliver|demand|must be made"
         r"|hay que (?:hacer|producir|fabricar)"),
    Rule("price_forecast", r"previsi|forecast|previst|prediccion|predict"
         r"|(?:proximos|next) (?:\w+ )?(?:dias|days)"
         r"|semana que viene|proxima semana|next week",
         r"\blotes?\b|\bbatch|\bplan\b|\bproduc"),
    Rule("day_prices", PRICE + r"|\bcompar|barat|cheap|caro|cara|dear|expensive"),
    Rule("factory_facts", r"cuant\w+ (?:maquinas|unidades|potencia)|how many|how much power"
         r"|potencia|contrat|power\b"
         r"|que maquinas|what machines|which machines|productos|products|fabrica|factory|planta\b|\bplant\b"
         r"|kg (?:tiene|por)|kilos|tamano|batch size|cuanto (?:dura|tarda)|how long"),
    Rule("plan_runs", r"que (?:se )?(?:produ|hace|hara|toca|va a)"
         r"|(?:cuando|a que hora) (?:se |va |empieza|empezamos|arranca|usa|funciona|acaba|termina)"
         r"|what time (?:do|does|is|will)|\blanza|\bhay algo\b|\bmade\b|\bmaking\b|\bdoing\b"
         r"|program|planned|schedul|usa|\buses?\b|funciona|produc|\brun|lote|batch|pasos|steps"
         r"|maquina|machine|ocupad|busy"),
    Rule("plan_summary", r"\bplan\b|planific"),
)  # fmt: skip
"""In their order: the first that fits counts."""
