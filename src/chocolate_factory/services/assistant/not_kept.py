"""What questions are about that nobody keeps here, and greetings: said as it is, without a look-up."""

from __future__ import annotations

import re
from typing import Literal

from chocolate_factory.domain.facts import Language

Said = dict[Language, str]
NOT_KEPT: tuple[tuple[str, Said], ...] = (
    (
        r"\b(?:operari[oa]s?|trabajador(?:es|as?)|emplead[oa]s?|plantilla|cuanta gente|tecnic[oa]s?|workers?"
        r"|employees?|operators?|staff|how many people|technicians?)\b"
        r"(?!.*\b(?:conectad|connected|online))",
        {
            "es": "De personas y sus visitas no se guarda nada aquí. Los turnos sí los sé.",
            "en": "Nothing is kept here of people and their visits. I do know the shifts.",
        },
    ),
    (
        r"\b(?:cacao|azucar|leche|materias? primas?|cocoa|sugar|milk|raw materials?|ingredient\w*)\b",
        {
            "es": "De materias primas no se guarda nada aquí.",
            "en": "Nothing is kept here of raw material.",
        },
    ),
    (
        r"\b(?:gas|agua|gasoil|diesel|water)\b",
        {
            "es": "De gas, agua y combustibles no sé nada: solo de electricidad.",
            "en": "I know nothing of gas, water and fuels: only of electricity.",
        },
    ),
    (
        r"^(?!.*(?:influx|base de datos|database|registr)).*\b(?:contrasenas?|passwords?)\b",
        {
            "es": "Aquí las personas no tienen contraseña: entran con Tailscale; las máquinas, con un token.",
            "en": "People have no password here: they come in by Tailscale, machines with a token.",
        },
    ),
    (
        r"\b(?:mandar|enviar|manda|envia)(?:me|nos|lo|la|melo|selo)?\b"
        r"|\b(?:send|e-?mail|mail) (?:me|us|it|the)\b|\bavis(?:a|ame|anos|arme|adme)\b",
        {
            "es": "No mando ni aviso de nada: solo contesto aquí.",
            "en": "I send nothing and notify nobody: I only answer here.",
        },
    ),
)
"""What nothing is known of or done, and how that is said."""

HELLO = r"(?:hola|buenas(?: tardes| noches)?|buenos dias|hello|hi|hey|good (?:morning|afternoon|evening))"
THANKS = r"(?:(?:muchas )?gracias|thanks(?: a lot)?|thank you(?: very much)?|thx)"
HELP = (
    r"(?:que tal(?: estas)?|como estas|how are you|ayuda|help|que (?:puedes hacer|sabes(?: hacer)?)"
    r"|(?:que|what) (?:te )?(?:puedo|can i) (?:preguntar|ask)(?:te| you)?|what can you (?:do|tell me)"
    r"|what do you know)"
)
GREETING = re.compile(rf"\W*(?:(?:{HELLO}|{THANKS}|{HELP})\W*)+")
WELCOME: Said = {
    "es": "Hola. Pregúntame por precios y su previsión, mejores horas, el plan y sus lotes, pedidos, turnos, "
    "ahorro, facturas, la planta, el tiempo, los datos o las alertas.",
    "en": "Hello. Ask me of prices and their forecast, best hours, the plan and its batches, orders, shifts, "
    "savings, bills, the plant, the weather, data or alerts.",
}


def said_at_once(low: str, language: Language) -> tuple[Literal["answered", "missing"], str] | None:
    """What is said of a greeting, or of what nobody keeps here; None for other questions."""
    if GREETING.fullmatch(low):
        return "answered", WELCOME[language]
    for pattern, said in NOT_KEPT:
        if re.search(pattern, low):
            return "missing", said[language]
    return None
