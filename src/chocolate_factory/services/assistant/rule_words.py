"""What rules of the plant that hold a run where it stands are called, in Spanish and English."""

from __future__ import annotations

RULES_ES = {
    "window": "la ventana del plan",
    "attendance": "los turnos y festivos",
    "climate": "los límites de temperatura y humedad exterior",
    "begun": "el paso anterior, ya empezado",
    "frozen": "lo inmediato no se mueve",
    "order": "el orden de los pasos",
    "due": "la hora de entrega",
    "wait": "la espera máxima entre pasos",
    "machine": "las máquinas ocupadas o averiadas",
    "setup": "los cambios de producto",
    "power": "el límite de potencia",
    "storage": "el sitio para esperar entre pasos",
    "output": "los kilos por día",
    "availability": "máquinas averiadas",
}
RULES_EN = {
    "window": "the window of the plan",
    "attendance": "shifts and holidays",
    "climate": "the limits of outdoor temperature and humidity",
    "begun": "the step before, which had begun",
    "frozen": "what starts soon is not moved",
    "order": "the order of steps",
    "due": "the due time",
    "wait": "the longest wait between steps",
    "machine": "machines that are taken or out of order",
    "setup": "setups between products",
    "power": "the power limit",
    "storage": "room for waiting between steps",
    "output": "the kilograms of a day",
    "availability": "machines out of order",
}
