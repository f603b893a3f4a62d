"""Which questions are for documents; over text without accents."""

from __future__ import annotations

NO_WORDS = r"(?:lo|mas|mejor|peor|menos|mayor|menor|primer|ultim|siguiente|proxim|que|eso|esto|hoy)\w*\b"
WORDS = (
    r"(?:the )?(?:pvpc|omie|e.?sios|p\d\d?|baseline|hindsight|price stack|excess power|maximeter|tolls"
    r"|losses)"
    r"|(?:spot|peak|valley|flat|off.?peak|savings?|slots?|holes?)"
)
"""What asks for the meaning of a word that is none, and words whose meaning is asked in English."""

DEFINES = (
    rf"^\W*(?:y |and )?(?:que (?:es|son) (?:(?:el|la|los|las) )?(?!{NO_WORDS})[\w.-]+"
    rf"|what(?: is|'s| are) (?:{WORDS}))\W*$"
)
"""Questions on a word alone, which only its entry of the glossary answers."""

HOW_TO = (
    r"\bhow (?:do|can|could|should|would) (?:i|we|you|one)\b|\bhow to\b"
    r"|\bhow (?:is|are|does|do) \w+.*(?:computed|calculated|charged|billed|counted|chosen|decided|works?|done"
    r"|made|proven|settled|stored)\b"
    r"|\bwhat (?:does|do) .*\bmean|\bwhat is (?:an?|meant by|the (?:meaning|difference))\b"
    r"|\bcomo (?:hago|hacemos|puedo|podemos|pongo|creo|importo|cargo|configuro|instalo|actualizo|restauro"
    r"|recupero|anado|cambio|apunto|exporto|imprimo|recibo|conecto|doy)\b"
    r"|\bcomo se (?:hace|hacen|calcula|calculan|cobra|cuenta|configura|instala|actualiza|restaura|importa"
    r"|carga|conecta|decide|elige|mide|crea|anade|usa|exporta|imprime)\b"
    r"|\b(?:why (?:is|are|was|were|do|does|did)|por que (?:se|no|es|hay|usa\w*|eleg\w*|elig\w*))\b"
    r"(?!.*\b(?:runs?|batch|start\w*|then|later|earlier|wait\w*|lotes?|hora|empieza|arranca|antes|despues|ya|it"
    r"|that|this)\b)"
    r"|\bque (?:hago|hacemos|se hace) (?:si|cuando)\b|^\W*(?:si|cuando) .*\bque (?:hago|hacemos)\W*$"
    r"|\bwhere (?:do|can) (?:i|we)\b|\bdonde (?:veo|vemos|miro|puedo|podemos|encuentro)\b"
    r"|\bwhat (?:do|should) (?:i|we) do (?:if|when)\b"
    rf"|{DEFINES}"
    r"|\bque (?:significa|quiere decir)\b|\bque (?:es|son) un[ao]?s?\b|\bdiferencia (?:hay )?entre\b"
)
"""Questions that documents are asked for before any tool is: how something is done, what a word means."""

ABOUT = r"\b(?:what|how|why|who|where|which|can|may|que|como|quien|donde|cual|cuales|puedo|puede|sirve)\b"
"""Questions that documents may answer where no tool does."""

LIVE = (
    r"\bque hora es\b|\bwhat(?: is the|'s the)? time\b|\b(?:que|cuant[oa]s) \w+ (?:hay|tenemos)\b"
    r"|\bhow (?:many|much)\b.*\b(?:there|have)\b"
    r"|\b(?:now|today|tonight|tomorrow|yesterday|ahora|hoy|manana|ayer|this (?:week|month)"
    r"|est[ae] (?:mes|semana)|caro|cara|expensive|pasad[oa]|last (?:week|month|year))\b"
)
"""Words of questions on how things stand, which no document answers."""

PROGRAMS = frozenset(
    {"claude", "docker", "excel", "forgejo", "grafana", "influx", "prometheus", "tailscale", "telegram"}
)
"""Names that begin like those of places: "in InfluxDB" is no other market."""

NEAR_PLACES = """
espana spain linares eur euro euros english ingles spanish espanol castellano navidad christmas semana easter
verano invierno primavera otono summer winter spring autumn produccion production
"""
NO_PLACES = frozenset(NEAR_PLACES.split())
"""What stands behind "in" and "en" with a capital letter and is no other place."""
