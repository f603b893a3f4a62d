"""What is said where no tool answers: in both languages, without a number."""

from __future__ import annotations

from collections.abc import Sequence

from chocolate_factory.domain.claims import WORDS, plain
from chocolate_factory.domain.facts import Language

Said = dict[Language, str]
NUMBER_WORDS = frozenset(
    plain(name) for words in WORDS.values() for known in words for name in known.split("|")
)
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
ONE_DAY: Said = {
    "es": "De ese tiempo no lo sé. Los precios y el plan los sé por días; la factura y el ahorro, por meses.",
    "en": "Of that time I do not know it. I know prices and the plan by days, bills and savings by months.",
}
ONE_AT_A_TIME: Said = {
    "es": "No comparo ni junto varias cosas: pregunta por cada una.",
    "en": "I neither compare nor join several things: ask for each of them.",
}
OF_THE_PLANT: Said = {
    "es": "Eso no lo sé de una máquina, un producto o un lote. Sé cuándo van y, de un lote, por qué.",
    "en": "I do not know that of a machine, a product or a batch. I know when they run and why a batch does.",
}
PART_OF_DAY: Said = {
    "es": "Eso no lo sé de una parte del día: pregunta por el día entero, o por una hora.",
    "en": "I do not know that of a part of a day: ask for the whole day, or for an hour.",
}
MANY = ("several", "two_days", "two_times", "two_months", "two_periods", "compared")
DROPPED: dict[str, Said] = {
    **dict.fromkeys(("month", "days", "week", "weekend", "ahead", "year", "bound"), ONE_DAY),
    **dict.fromkeys(("machine", "product", "batch"), OF_THE_PLANT),
    **dict.fromkeys(("part", "range"), PART_OF_DAY),
    **dict.fromkeys((*MANY, "than", "than_last", "than_at", "than_since", "dates"), ONE_AT_A_TIME),
    **dict.fromkeys(("since", "until", "than_until"), PART_OF_DAY),
    **dict.fromkeys(("last", "rank"), ONE_DAY),
    "which": {
        "es": "El primero y el último los sé de los lotes de un día, una máquina o un producto.",
        "en": "I know the first and the last of the batches of a day, a machine or a product.",
    },
    "quantity": {
        "es": "De lluvia, viento y humedad solo sé lo medido y lo previsto.",
        "en": "Of rain, wind and humidity I only know what is measured and forecast.",
    },
    "noday": {"es": "Ese día no está en el calendario.", "en": "That day is in no calendar."},
    "nohour": {"es": "Esa hora no la tiene el reloj.", "en": "No clock has that hour."},
    "past": {
        "es": "De días pasados no sé pasos, entregas ni consumo: el plan vigente va de hoy en adelante.",
        "en": "I do not know runs, orders and loads of past days: the plan in force goes from today on.",
    },
    "day": {
        "es": "Eso no lo sé de un día concreto.",
        "en": "I do not know that of one day.",
    },
    "at": {
        "es": "Eso no lo sé de una hora concreta: pregunta sin ella, o por el precio a esa hora.",
        "en": "I do not know that at one time of the day: ask without it, or for the price at that time.",
    },
    "hours": {
        "es": "De unas horas solo sé cuándo son más baratas o más caras: pregunta por la mejor ventana.",
        "en": "Of some hours I only know when they are cheapest or dearest: ask for the best window.",
    },
    "series": {
        "es": "Del PVPC solo sé la previsión y sus aciertos.",
        "en": "Of the PVPC I only know the forecast and how good it was.",
    },
    "period": {
        "es": "Por periodos tarifarios solo sé los precios.",
        "en": "By tariff periods I only know prices.",
    },
    "number": {
        "es": "Hay un número que no sé a qué se refiere.",
        "en": "There is a number that I cannot place.",
    },
}
"""What is said of a part of a question that its tool cannot take; one on the calendar goes before others."""

TWO: Said = {
    "es": "Son varias preguntas: hazlas de una en una.",
    "en": "Those are several questions: ask them one at a time.",
}
WHOLE_PLAN: Said = {
    "es": "Eso solo lo calculo para todo lo que dura el plan, no para un tiempo: pregunta sin él.",
    "en": "I can only work that out for as long as the plan goes, not for some time: ask without it.",
}
FIRST_TOLD = ("noday", "nohour", *MANY)
MOST_WORDS, LONGEST_WORD = 3, 20


def unread(language: Language, dropped: Sequence[str], words: Sequence[str]) -> str:
    """Why a question is not answered: what its tool cannot take, and words that were not read."""
    told = sorted(dropped, key=lambda kind: kind not in FIRST_TOLD)
    sentences = [DROPPED[told[0]][language]] if told else []
    quoted = [word[:LONGEST_WORD] for word in words if word.isalpha() and word not in NUMBER_WORDS]
    if quoted:
        several = ", ".join(f"«{word}»" for word in quoted[:MOST_WORDS])
        rest = {
            "es": f"No entiendo {several} en esa pregunta, y a medias no la contesto.",
            "en": f"I do not understand {several} in that question, and do not answer a part of it.",
        }
        sentences.append(rest[language])
    elif words and not sentences:
        sentences.append(DROPPED["number"][language])
    return " ".join(sentences)


OF_KIND = {"unknown": UNKNOWN, "elsewhere": ELSEWHERE, "change": CHANGE, "refused": REFUSED}
