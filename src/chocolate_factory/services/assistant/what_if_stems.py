"""Words that changes of a plan have, each kind its own, and which way they go; over text without accents."""

from __future__ import annotations

import re

from chocolate_factory.domain.claims import plain
from chocolate_factory.domain.facts import WEEKDAYS

UNSURE = "?"
DAYS = "|".join(plain(day) for days in WEEKDAYS.values() for day in days)
FILLERS = (
    r"(?:el|la|los|las|lo|un|una|uno|unos?|the|an|one|de|del|en|por|para|by|of|in|on|for|se|nos|we|i|you|they|it"
    r"|our|nuestr[oa]s?|es|fue(?:ra|se)n?|fueramos|era|est(?:a|an|uviera|uvieran|uviese)|were|was|is|are|be|been"
    r"|ha|han|hay|hub(?:iera|iese|iera[mn]os|ieran)|had|have|has|having|there|get|gets|got"
    r"|ten(?:emos|go|ga)|tuv(?:ier|ies)\w+|pon(?:emos|go|ga|en)|pus(?:ier|ies)\w+|instal\w+|put"
    r"|tambien|ademas|also|too|que|fabrica|planta|factory|plant|con|with|entonces|then|please|only|solo"
    r"|solamente|goes|go|went|should|could|can|would)"
)
"""Words of every kind that change nothing; "a" is one in English and "to" in Spanish."""

UPS = (
    r"(?:sub(?:e|en|es|a|an|o|imos|ir|ida|idas|ido|ier\w+|ies\w+|iendo)|aument\w+|crec\w+|crezc\w+|increment\w+"
    r"|encarec\w+|encarezc\w+|ris(?:es?|en|ing)|rose|increas\w+|up|grow\w*|grew|higher|dearer|raise[ds]?"
    r"|ampli\w+|@up)"
)
DOWNS = (
    r"(?:baj(?:a|an|e|en|o|os|as|ar|amos|ada|adas|ando|ar[ao]n?|aramos|ase|asen)|redu[cz]\w+|reduj\w+|cae|caen|caer"
    r"|cai\w+|cay\w+|disminu\w+|abarat\w+|fall(?:s|ing|en)?|fell|drop(?:s|ped|ping)?|decreas\w+|lower(?:s|ed)?"
    r"|cheaper|down|cuts?|shrink\w*|shrank|declin\w+|@down)"
)
PLUS, MINUS = r"(?:mas|more|extra|adicional(?:es)?|additional)", r"(?:menos|less|fewer)"
DOUBLE = r"(?:duplic\w+|dobl\w+|double[ds]?|doubling|twice|tripl\w+|mitad|half|halv\w+)"
COMPOUND = (
    (r"\b(?:mas (?:barat|baj)[oa]s?|menos (?:car|alt)[oa]s?|less (?:expensive|dear|high))\b", "@down"),
    (r"\b(?:mas (?:car|alt)[oa]s?|menos (?:barat|baj)[oa]s?|more expensive|less cheap)\b", "@up"),
    (r"\b(?:sub\w+|aument\w+|ris\w+|rose|increas\w+) (?:al|to) (?=doble|double|twice|triple)", ""),
    (r"\b(?:a la|to) (?=mitad|half)", ""),
    (r"\b(?:el doble|doble|twice) (?:de |as )(?:car[oa]s?|alt[oa]s?|expensive|dear|high)(?: as)?\b", "doble"),
    (r"\b(?:la mitad|mitad) de (?:car[oa]s?|alt[oa]s?)\b|\bhalf as (?:expensive|dear|high)\b", "mitad"),
    (r"\bfuera de servicio\b|\bout of (?:order|service)\b", "@away"),
    (r"\b(?:breaks?|broke|broken|goes|is|was|were|went) down\b(?! ?\d| by)", "@away"),
    (r"\bdo not\b|\bdid not\b", "not"),
    (r"\bfin(?:es)? de semana\b", "semana"),
    (r"\b([236][.,][01]) td\b", r"\1td"),
)
AWAY = (
    r"(?:romp\w+|rot[oa]s?|averi\w+|fall(?:a|an|e|en|ara|aran|ase)|estrope\w+|quit\w+|pierd\w+|perd\w+|parad[oa]s?"
    r"|menos|breaks?|broke|broken|breaking|fails?|failed|sin|without|lost|lose[sd]?|losing|remov\w+|less|fewer"
    r"|missing|@away)"
)
MORE = r"(?:mas|otr[oa]s?|adicional(?:es)?|extra|anad\w+|more|another|additional|add(?:s|ed)?)"
SHARES = rf"{UPS}|{DOWNS}|{PLUS}|{MINUS}|{DOUBLE}"
AGAIN = (
    rf"{FILLERS}|{UPS}|{DOWNS}|{PLUS}|{MINUS}"
    r"|y|e|o|and|or|but|pero|what|about|how|if|si|tal|a|mejor|rather|instead"
)
"""Words of a question that changes the share of the one before and nothing else."""


VOCABULARIES: dict[str, tuple[str, str]] = {
    "tariff": (
        r"\d[.,]\dtd\b",
        r"\d[.,]\dtd|tarifa|tariff|peaje|acceso|access|pas\w+|cambi\w+|switch\w*|chang\w+|mov\w+|contrat\w+"
        r"|a|al|to",
    ),
    "asset": (
        r"\b(?:bateria|batter|placas?\b|panel|fotovolt|photovolt|solar|pv\b)",
        r"baterias?|battery|batteries|placas?|panel(?:es|s)?|fotovoltaic\w+|photovoltaics?|solar(?:es)?|pv"
        rf"|{AWAY}|{MORE}|no|usa\w*|us(?:e|ed|ing)|compr\w+|buy|bought|capacidad|capacity",
    ),
    "shift": (
        r"\b(?:turno|trabaj|abr[ei]|cerr|cierr|shift|work|open|close)",
        rf"turnos?|trabaj\w+|abr[ei]\w*|cerr\w+|cierr\w+|shifts?|work(?:s|ed|ing)?|open(?:s|ed)?|closed?|(?:{DAYS})s?"
        r"|semana|weekends?|no|not|don't|didn't|sin|without|otro|another|extra|adicional|anad\w+|add(?:ed)?"
        r"|from|desde|and|y|\d\d:\d\d-\d\d:\d\d",
    ),
    "machine": (r"@machine", rf"@machines?|{AWAY}|{MORE}|compr\w+|buy|bought"),
    "power": (
        r"\b(?:potencia|contrat\w+|contracted|power limit)\b",
        rf"potencia|contrat\w+|contracted|contract|power|limit|p[1-6]|periodo|period|{SHARES}|a|to|hasta|at",
    ),
    "demand": (
        r"\b(?:demanda|demand|pedidos?|orders?|ventas|sales|vend\w+|sell|sold|output"
        r"|produc(?:cion|imos|ir|ieramos|tion|ed)?|produce|produj\w+|produzc\w+|hacemos|hiciera\w*|make|made"
        rf"|{PLUS} (?:of |de )?@product|{MINUS} (?:of |de )?@product)(?!\w)",
        r"demanda|demand|pedidos?|orders?|ventas|sales|vend\w+|sell|sold|output|@product|produc(?:cion|imos|ir|ieramos"
        rf"|tion|ed|e)|produj\w+|produzc\w+|hacemos|hiciera\w*|make|made|{SHARES}",
    ),
    "price": (
        r"\b(?:precios?|prices?|luz|electric\w+|energia|spot|mercado|market|pvpc)\b"
        r"|(?=.*\b(?:energy|power|kwh|mwh)\b).*(?:\bcost|cuesta|pay|paid|paga|cheaper|dearer|@up|@down|doble|mitad"
        r"|twice|free\b|gratis)",
        r"precios?|prices?|luz|electric(?:[ao]s?|ity|idad)|energia|energy|power|spot|mercado|market|pvpc|kwh|mwh"
        r"|cost(?:s|ara|aba|ase|ed)?|cuestan?|pag(?:amos|aramos|asemos|o|uemos)|pay|paid|gratis|free"
        rf"|{SHARES}",
    ),
}
"""Kind of a change -> what it is about, and every word that it may have."""


def simplified(text: str) -> str:
    """A text with words that only together mean something as one."""
    for pattern, word in COMPOUND:
        text = re.sub(pattern, word, text)
    return text


def signed(text: str) -> str:
    """ "+" or "-" by what words say, "" where they say neither, `UNSURE` where they do not agree."""
    words = text.split()

    def any_of(pattern: str) -> bool:
        return any(re.fullmatch(pattern, word) for word in words)

    verbs = {sign for sign, pattern in (("+", UPS), ("-", DOWNS)) if any_of(pattern)}
    degrees = {sign for sign, pattern in (("+", PLUS), ("-", MINUS)) if any_of(pattern)}
    if len(verbs) > 1 or len(degrees) > 1 or (verbs and degrees and verbs | degrees != {"+"}):
        return UNSURE
    return next(iter(verbs | degrees), "")
