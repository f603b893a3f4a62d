"""What is said where no tool answers: in both languages, without a number."""

from __future__ import annotations

from chocolate_factory.domain.facts import Language

Said = dict[Language, str]
UNKNOWN: Said = {
    "es": "No sé responder a eso. Puedo hablar de precios, previsiones, mejores horas, el plan y sus lotes, "
    "pedidos, ahorro, facturas, la planta, el tiempo, el clima, los datos y sus huecos, modelos, alertas y "
    "trabajos.",
    "en": "I do not know how to answer that. I can tell of prices, forecasts, best hours, the plan and its "
    "batches, orders, savings, bills, the plant, weather, climate, data and their holes, models, alerts and "
    "jobs.",
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
    "es": "La respuesta decía algo que no está en los datos, así que no se muestra. Los datos son estos:",
    "en": "The answer said something that is not in the data, so it is not shown. These are the data:",
}
NOTHING_TOLD: Said = {
    "es": "La respuesta decía algo que no está en los datos, así que no se muestra.",
    "en": "The answer said something that is not in the data, so it is not shown.",
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
    "stopped": {
        "es": "El modelo de lenguaje no acabó dentro de sus límites de pasos, tiempo o dinero.",
        "en": "The language model did not end within its limits of steps, time or money.",
    },
}
OF_KIND = {"unknown": UNKNOWN, "elsewhere": ELSEWHERE, "change": CHANGE, "refused": REFUSED}
