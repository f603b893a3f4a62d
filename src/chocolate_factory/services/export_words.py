"""Words of the exports people read, in English and Spanish. Names stay as the factory file has them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

Words = dict[str, str]

ENGLISH: Words = {
    "language": "en",
    "plan": "Plan",
    "site": "Site",
    "issued": "Issued",
    "window": "Window",
    "contract": "Contract",
    "model": "Price model",
    "prices": "Prices",
    "published": "published",
    "forecast": "forecast",
    "sample_prices": "made up",
    "by_contract": "by contract",
    "machine": "Machine",
    "unit": "Unit",
    "batch": "Batch",
    "product": "Product",
    "process": "Process",
    "shift": "Shift",
    "start": "Start (local)",
    "end": "End (local)",
    "start_utc": "Start (UTC)",
    "end_utc": "End (UTC)",
    "offset": "UTC offset",
    "energy": "Energy",
    "cost": "Cost",
    "why": "Why",
    "load": "Load",
    "market": "Market price EUR/MWh",
    "price": "All-in price EUR/kWh",
    "prices_and_load": "Prices and load",
    "bill": "Cost lines",
    "line": "Line",
    "quantity": "Quantity",
    "rate": "Price",
    "part_price": "EUR/MWh",
    "baseline": "As ordered",
    "saving": "Saving",
    "gap": "At most above the optimum",
    "total": "Total, electricity tax inside, without VAT and fixed terms",
    "tax": "Electricity tax",
    "excess": "Excess power",
    "fixed": "Fixed terms of the window (not in the total)",
    "excess_rule": "Excess by the tariff's own rule (not in the total)",
    "stock": "Assumed in stock",
    "left": "Left for later",
    "late": "Late",
    "batches": "batches of",
    "due": "due",
    "assumed": "Assumed",
    "only": "Only",
    "runs": "Runs",
    "none": "No run.",
    "page": "Page",
    "sample": "SAMPLE DATA: made up by the program, no real price behind any number.",
    "days": "Mon Tue Wed Thu Fri Sat Sun",
}

SPANISH: Words = {
    "language": "es",
    "plan": "Plan",
    "site": "Planta",
    "issued": "Emitido",
    "window": "Periodo",
    "contract": "Contrato",
    "model": "Modelo de precios",
    "prices": "Precios",
    "published": "publicados",
    "forecast": "previstos",
    "sample_prices": "inventados",
    "by_contract": "por contrato",
    "machine": "Máquina",
    "unit": "Unidad",
    "batch": "Lote",
    "product": "Producto",
    "process": "Proceso",
    "shift": "Turno",
    "start": "Inicio (local)",
    "end": "Fin (local)",
    "start_utc": "Inicio (UTC)",
    "end_utc": "Fin (UTC)",
    "offset": "Diferencia con UTC",
    "energy": "Energía",
    "cost": "Coste",
    "why": "Por qué",
    "load": "Carga",
    "market": "Precio de mercado EUR/MWh",
    "price": "Precio completo EUR/kWh",
    "prices_and_load": "Precios y carga",
    "bill": "Líneas de coste",
    "line": "Línea",
    "quantity": "Cantidad",
    "rate": "Precio",
    "part_price": "EUR/MWh",
    "baseline": "Según pedido",
    "saving": "Ahorro",
    "gap": "Como mucho sobre el óptimo",
    "total": "Total, con impuesto eléctrico, sin IVA ni términos fijos",
    "tax": "Impuesto eléctrico",
    "excess": "Exceso de potencia",
    "fixed": "Términos fijos del periodo (no están en el total)",
    "excess_rule": "Exceso por la regla de la tarifa (no está en el total)",
    "stock": "Supuesto en almacén",
    "left": "Queda para después",
    "late": "Con retraso",
    "batches": "lotes de",
    "due": "para el",
    "assumed": "Supuesto",
    "only": "Solo",
    "runs": "Operaciones",
    "none": "Ninguna operación.",
    "page": "Página",
    "sample": "DATOS DE MUESTRA (SAMPLE): inventados por el programa, sin ningún precio real detrás.",
    "days": "lun mar mié jue vie sáb dom",
}

LANGUAGES: dict[str, Words] = {"en": ENGLISH, "es": SPANISH}


def local_clock(at: datetime, zone: str) -> str:
    """Local time `02:30`, with the zone's letters in an hour that the clocks tell twice."""
    local = at.astimezone(ZoneInfo(zone))
    twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
    return f"{local:%H:%M} {local:%Z}" if twice else f"{local:%H:%M}"


def local_day(at: datetime, zone: str, words: Words) -> str:
    """Local day `Wed 11/03`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{words['days'].split()[local.weekday()]} {local:%d/%m}"


def amount(value: float, words: Words, digits: int = 2) -> str:
    """A number to read: decimal comma in Spanish."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if words["language"] == "es" else text
