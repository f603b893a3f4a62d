"""Words of questions and documents by their stems, and what else a word of a question may be called."""

from __future__ import annotations

import re
from functools import lru_cache
from threading import Lock

import snowballstemmer

from chocolate_factory.domain.claims import plain

BESIDE, NAMED = 0.7, 0.4
"""Weights of what a Spanish word is called in the documents and of that word itself; another word has 1."""

NOTHING = """
significa significan significar quiere decir meaning meant
a al algo como con cual cuales cuando cuanto de del desde donde e el ella ellas ellos en entre era
es esa ese eso esta estan este esto estos fue ha hace hacen han hay la las le les lo los mas me mi
muy no nos o os otra otro para pero por porque pone puede puedo que quien quienes se sea ser si sin
sobre son su sus tambien te tengo tiene tienen tu un una unas uno unos y ya yo about after all also
an and any are as at be because been before being but by can cannot could did do does doing each for
from get gets had has have how i if in into is it its itself just let mean means more most much my
nor not of off on once one only or other our out over own same she should so some such than that the
their them then there these they this those through to too under until up very was we were what when
where which while whom why will with would you your
"""
EMPTY = frozenset(NOTHING.split())
"""Words that tell nothing of what a text is about, in both languages."""

CALLED = """
ahorro ahorrar: saving
base: baseline
plan planificar planificacion: plan planned
coste costar cuesta costes caro: cost dear
precio: price
luz electricidad electrico: electricity power
energia: energy
potencia: power kw
contratada contrato contratar: contracted contract
tarifa tarifas: tariff
peaje: toll
cargo: charge
impuesto: tax
iva: vat
factura recibo: bill invoice
periodo: period
punta: peak
llano: flat
valle: valley
exceso pasarse: excess above
hora horario: hour time
dia: day
noche nocturno: night
semana: week
mes: month
ano: year
festivo vacaciones: holiday
turno trabajar trabaja personal: shift staff staffed
maquina equipo: machine unit
averia averiada roto rota estropeada: outage failed broken order
fabrica planta: plant factory site
fichero archivo: file
fabricar producir produccion: production produce
producto: product
receta: recipe step
paso proceso: step process
lote: batch
pedido encargo: order demand
entrega entregar: due
plazo limite: due limit
retraso retrasado tarde atraso: late
almacen existencias: stock store storage
cambio cambiar: change changed
limpieza limpiar: cleaning setup
espera esperar: wait
mover: move
empezar arrancar comenzar: start begin
terminar acabar terminado: finish end ended
anadir poner meter agregar: add
quitar borrar: remove
crear creo: make add
hacer: make
agente: agent machine
configurar ajustar ajuste opcion: set setting
clave contrasena: key token secret password
secreto: secret
permiso acceso entrar: role access login
usuario persona: user person
mirar ver leer: viewer read
seguridad respaldo copia: backup
recuperar restaurar: restore
disco: disk
memoria: memory
servidor: server
nodo: node
instalar instalacion: install
actualizar version actualizacion: upgrade version deploy
fallo falla fallar error problema: fail failure wrong
aviso alerta avisar: alert message
silencio silenciar: quiet
correo mensaje: message
calendario agenda: calendar
movil telefono: phone
imprimir: print pdf
informe: report
exportar hoja: export workbook table
dato: data
falta faltar hueco ausente: missing hole
inventar inventado: invent invented
fuente proveedor: source provider
corregir correccion corregido: correction corrected revision
origen viene procedencia: provenance source origin
guardar guardan almacenar: store kept hold
cargar importar: import load
descargar bajar: fetch sync
clima climatico: climate
tiempo meteorologico: weather
temperatura calor: temperature heat outdoor
humedad: humidity
viento: wind
sol solar placa panel fotovoltaico: photovoltaic pv sun array
bateria: battery
carbono emision: carbon co2
prevision pronostico prediccion: forecast
modelo: model
banda intervalo: band quantile
acierto precision acertar: accuracy error mae
aprender entrenar entrenamiento: learn train
mejor: best better
peor: worst
ventana: window
riesgo: risk
peso: weight
escenario: path
replanificar: again anew
solo automatico automaticamente cuenta: itself unattended job
trabajo tarea: job
cerrado cerrada: closed
provisional: provisional
diferencia distinto: difference
comprobar comprueba verificar: check checked
frase: sentence
respuesta contestar responder: answer
pregunta preguntar: question ask
asistente: assistant
mantener sigue: stands kept keep
barato: cheap cheaper
subir sube: rise
pasaria: what-if
red: network grid
certificado: certificate
registro apuntar parte: log report
nota puntuacion: score
grado: grade
consejo: advice
canarias baleares: canarias balears
moneda euro: eur
obligatorio necesario: needed
reloj: clock
futuro: future ahead
pasado: past
elegir elegido eligio: chosen decision
"""
"""Spanish words: what the documents, most of them in English, call the same."""

LOCK = Lock()
SPANISH, ENGLISH = snowballstemmer.stemmer("spanish"), snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[str, ...]:
    """A word without accents as both languages cut it; one form where both cut alike."""
    if word.isdigit():
        return (word,)
    with LOCK:  # a stemmer holds the word that it is at
        return tuple(sorted({SPANISH.stemWord(word), ENGLISH.stemWord(word)}))


def words_of(text: str) -> list[str]:
    """The stems of a text in order, without words that tell nothing; names with underscores fall apart."""
    found = re.findall(r"[a-z0-9]+", plain(text))
    return [stem for word in found if len(word) > 1 and word not in EMPTY for stem in stems(word)]


@lru_cache(maxsize=1)
def names_beside() -> dict[str, tuple[str, ...]]:
    """Stem of a Spanish word -> stems of what documents call it."""
    found: dict[str, list[str]] = {}
    for line in CALLED.strip().splitlines():
        spanish, _, english = line.partition(":")
        for stem in words_of(spanish):
            found.setdefault(stem, []).extend(words_of(english))
    return {stem: tuple(named) for stem, named in found.items()}


def wanted_of(question: str) -> dict[str, float]:
    """Stems that a question asks for with their weights: its own, and what documents call them."""
    own = words_of(question)
    wanted = {stem: NAMED if stem in names_beside() else float(own.count(stem)) for stem in own}
    for stem in own:
        for other in names_beside().get(stem, ()):
            wanted.setdefault(other, BESIDE)
    return wanted
