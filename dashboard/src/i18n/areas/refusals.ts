import { area } from "../words";

/** Rules of the plant by their code, as what stands in the way. */
const RULES_ES: Record<string, string> = {
  window: "el plan no llega hasta ahí",
  attendance: "no hay personal (turnos y festivos)",
  climate: "límite de temperatura o humedad",
  begun: "el paso anterior ya empezó y este va detrás",
  frozen: "empieza pronto y ya no se mueve",
  order: "orden de los pasos del lote",
  due: "hora de entrega del lote",
  wait: "espera máxima entre pasos",
  machine: "máquina ocupada por otros lotes",
  setup: "preparación entre productos",
  power: "límite de potencia",
  storage: "sitio para lotes en espera",
  output: "kilos terminados por día",
  availability: "máquina fuera de servicio",
};

const RULES_EN: Record<string, string> = {
  window: "the plan does not reach that far",
  attendance: "no staff (shifts and holidays)",
  climate: "limit of temperature or humidity",
  begun: "the step before has begun and this one follows",
  frozen: "it starts soon and is not moved any more",
  order: "order of the batch's steps",
  due: "due time of the batch",
  wait: "longest wait between steps",
  machine: "machine taken by other batches",
  setup: "setup between products",
  power: "power limit",
  storage: "room for waiting batches",
  output: "kilograms finished in a day",
  availability: "machine out of order",
};

/** Causes that the server names by a word. */
const CAUSES_ES: Record<string, string> = {
  no_plan: "Aún no hay ningún plan: se hace con «Planificar de nuevo» o solo, en cuanto hay precios.",
  no_batch: "El plan vigente no tiene ningún lote con ese nombre.",
  plan_outdated: "El plan vigente no se puede volver a calcular con lo que hay guardado: haz un plan nuevo.",
  no_month_load: "Ningún plan guardado cubre ese mes, así que no se sabe cuánta energía se gastó.",
  no_month_prices: "No hay precios guardados de ese mes.",
  no_whole_day: "De ningún día de ese mes se conocen enteros el consumo y los precios.",
  month_to_come: "De ese mes no ha acabado todavía ningún día.",
  before_tariffs: "Ese mes es anterior a las tarifas actuales (junio de 2021).",
  no_forecast: "Aún no se ha guardado ninguna previsión de esos precios: la hace cada plan.",
  no_prices_ahead: "De los próximos días no hay precios, ni publicados ni previstos.",
  no_climate: "No hay historia del clima guardada: se carga con «choco import siar».",
};

const CAUSES_EN: Record<string, string> = {
  no_plan: "There is no plan yet: “Plan again” makes one, and so does the program once it has prices.",
  no_batch: "The plan in force has no batch of that name.",
  plan_outdated: "The plan in force cannot be worked out again from what is stored: make a new plan.",
  no_month_load: "No stored plan covers that month, so it is not known how much energy was used.",
  no_month_prices: "No prices of that month are stored.",
  no_whole_day: "Of no day of that month are both load and prices known in full.",
  month_to_come: "No day of that month has ended yet.",
  before_tariffs: "That month is before the present tariffs (June 2021).",
  no_forecast: "No forecast of those prices is stored yet: every plan makes one.",
  no_prices_ahead: "There are no prices of the coming days, neither published nor forecast.",
  no_climate: "No climate history is stored: “choco import siar” loads it.",
};

/** What to do about each kind; in English the server says it closer to the case. */
const REMEDIES_ES: Record<string, string> = {
  UsageError: "Revisa lo que has puesto y vuelve a pedirlo.",
  Busy: "Vuelve a pedirlo dentro de un minuto.",
  TooMany: "Espera unos segundos y vuelve a pedirlo.",
  DataMissing: "Mira en Datos qué falta; lo que se pueda pedir se pide solo.",
  NotFound: "Puede que ya no exista: vuelve a cargar la página.",
  SourceError: "No se ha guardado nada de esa respuesta; se vuelve a pedir solo.",
  Unreachable: "Comprueba la conexión a internet; se vuelve a pedir solo.",
  Refused: "Comprueba la clave de la fuente y cuánto se le pide; se vuelve a pedir solo.",
  Changed: "No se ha guardado nada; si sigue así, la fuente ha cambiado de formato.",
  ModelRefused: "«choco train» aprende una versión nueva; mientras tanto sirve una anterior.",
  Infeasible: "Pide menos, añade un turno o una máquina, o admite retrasos.",
  OutOfTime: "Vuelve a pedirlo con más tiempo de cálculo.",
  Misconfigured: "Corrige el valor en el sitio que se nombra.",
  StoreFailed: "Comprueba el disco, los permisos y dónde está el almacén; no ha cambiado nada.",
  NotAllowed: "Pídeselo a quien administra esta instalación.",
  NotProven: "Entra con tu clave o por Tailscale.",
  Overdue: "Se vuelve a intentar solo; si sigue así, el registro dice a qué espera.",
};

/** What the server says when it does not do what was asked. */
export const refusalWords = area(
  {
    refused: {
      UsageError: "No es posible así.",
      Busy: "El servidor está ocupado con otro cálculo.",
      DataMissing: "Faltan datos.",
      NotFound: "No se encuentra.",
      Infeasible: "No cabe: ningún plan cumple todas las reglas.",
      OutOfTime: "No se encontró un plan a tiempo.",
      Misconfigured: "La configuración tiene un error.",
      StoreFailed: "No se puede leer o escribir el almacén de datos.",
      NotAllowed: "No tienes permiso para esto.",
      TooMany: "Demasiadas peticiones seguidas.",
      SourceError: "Una fuente de datos no ha respondido bien.",
      Unreachable: "No se llega a una fuente de datos.",
      Refused: "Una fuente de datos dice que no.",
      Changed: "Una fuente de datos ha respondido algo inesperado.",
      ModelRefused: "Una versión guardada de un modelo no sirve.",
      Overdue: "Ha tardado demasiado.",
    } as Record<string, string>,
    refusedOther: "El servidor no lo admite.",
    fault: "El servidor ha fallado.",
    noAnswer: "El servidor no responde; no se sabe si llegó.",
    conflict: (count: number, product: string, due: string, rules: string) =>
      `${count === 1 ? "1 lote" : `${count} lotes`} de ${product} para ${due}: ${rules}`,
    rules: RULES_ES,
    causes: CAUSES_ES,
    remedies: REMEDIES_ES,
    faultRemedy: "Vuelve a intentarlo; si sigue así, avisa a quien administra esta instalación.",
    several: "varias reglas a la vez",
  },
  {
    refused: {
      UsageError: "That is not possible like this.",
      Busy: "The server is busy with something else.",
      DataMissing: "Data are missing.",
      NotFound: "It was not found.",
      Infeasible: "It does not fit: no plan keeps all rules.",
      OutOfTime: "No plan was found in time.",
      Misconfigured: "The configuration has a fault.",
      StoreFailed: "The store cannot be read or written.",
      NotAllowed: "You may not do this.",
      TooMany: "Too many requests in a row.",
      SourceError: "A source of data did not answer well.",
      Unreachable: "A source of data cannot be reached.",
      Refused: "A source of data says no.",
      Changed: "A source of data answered something unexpected.",
      ModelRefused: "A kept version of a model cannot serve.",
      Overdue: "It took too long.",
    },
    refusedOther: "The server does not take it.",
    fault: "The server failed.",
    noAnswer: "The server does not answer; whether it arrived is not known.",
    conflict: (count, product, due, rules) => `${count === 1 ? "1 batch" : `${count} batches`} of ${product} due ${due}: ${rules}`,
    rules: RULES_EN,
    causes: CAUSES_EN,
    remedies: {},
    faultRemedy: "",
    several: "several rules together",
  },
);

export type RefusalWords = typeof refusalWords.es;
