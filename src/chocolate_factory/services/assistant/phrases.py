"""What is said where no tool answers: in both languages, without a number."""

from __future__ import annotations

from chocolate_factory.domain.facts import Language

Said = dict[Language, str]
UNKNOWN: Said = {
    "es": "No sé responder a eso. Puedo hablar de precios, previsiones, mejores horas, el plan y sus lotes, "
    "pedidos, ahorro, facturas, la planta, el tiempo, el clima, los datos y sus huecos, modelos, alertas, "
    "trabajos y la red privada; de qué pasaría si algo cambia, y de lo que dicen los documentos.",
    "en": "I do not know how to answer that. I can tell of prices, forecasts, best hours, the plan and its "
    "batches, orders, savings, bills, the plant, weather, climate, data and their holes, models, alerts, "
    "jobs and the private network; of what would happen if something changed, and of what documents say.",
}
ELSEWHERE: Said = {
    "es": "Eso está fuera de lo que sé: solo conozco esta planta y su mercado.",
    "en": "That is outside of what I know: I only know this plant and its market.",
}
CHANGE: Said = {
    "es": "Yo solo leo y no cambio nada. Eso se hace en la página o con el comando choco.",
    "en": "I only read and change nothing. That is done on the page or with the command choco.",
}
REFUSED: Said = {
    "es": "A eso no respondo: solo cuento datos de esta planta, y cada cifra sale de ellos.",
    "en": "I do not answer that: I only tell data of this plant, and every figure comes from them.",
}
WITHHELD: Said = {
    "es": "La respuesta decía algo que no está en los datos, así que no se muestra.",
    "en": "The answer said something that is not in the data, so it is not shown.",
}
UNENDED: Said = {
    "es": "La respuesta no llegó a su fin.",
    "en": "The answer did not come to its end.",
}
THE_DATA: Said = {
    "es": "Los datos son estos:",
    "en": "These are the data:",
}
NOT_ALLOWED: Said = {
    "es": "Eso no lo cuento con el papel que tienes: pide uno más alto a quien administra esto.",
    "en": "I do not tell that with the role that you have: ask an admin for a higher one.",
}
FAILED: Said = {
    "es": "Los datos no se pueden leer ahora, así que no puedo responder. Pregunta de nuevo en un momento.",
    "en": "The data cannot be read now, so I cannot answer. Ask again in a moment.",
}
NOTICES: dict[str, Said] = {
    "key": {
        "es": "El modelo de lenguaje no acepta la clave (CHOCO_ANTHROPIC__API_KEY): contesto por reglas.",
        "en": "The language model does not take the key (CHOCO_ANTHROPIC__API_KEY): answered by rules.",
    },
    "quota": {
        "es": "El modelo de lenguaje recibe demasiadas peticiones: contesto por reglas.",
        "en": "The language model gets too many requests: answered by rules.",
    },
    "unreachable": {
        "es": "El modelo de lenguaje no responde ahora: contesto por reglas.",
        "en": "The language model does not answer now: answered by rules.",
    },
    "budget": {
        "es": "El presupuesto de hoy para el modelo de lenguaje está gastado: contesto por reglas.",
        "en": "Today's budget for the language model is spent: answered by rules.",
    },
    "taken": {
        "es": "El modelo de lenguaje no ha aceptado la petición (véase el registro): contesto por reglas.",
        "en": "The language model did not take the request (see the log): answered by rules.",
    },
    "declined": {
        "es": "El modelo de lenguaje no quiere responder a eso: contesto por reglas.",
        "en": "The language model declines to answer that: answered by rules.",
    },
    "cut": {
        "es": "La respuesta del modelo de lenguaje era más larga de lo permitido y acaba antes.",
        "en": "The answer of the language model was longer than allowed and ends early.",
    },
    "stopped": {
        "es": "El modelo de lenguaje no acabó dentro de sus límites de pasos, tiempo o dinero.",
        "en": "The language model did not end within its limits of steps, time or money.",
    },
    "failed": {
        "es": "Una parte de los datos no se puede leer ahora; el registro dice por qué.",
        "en": "Some of the data cannot be read now; the log says why.",
    },
}
OF_KIND = {"unknown": UNKNOWN, "elsewhere": ELSEWHERE, "change": CHANGE, "refused": REFUSED}
