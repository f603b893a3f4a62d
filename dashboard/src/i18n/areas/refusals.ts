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
    } as Record<string, string>,
    refusedOther: "El servidor no lo admite.",
    fault: "El servidor ha fallado.",
    noAnswer: "El servidor no responde; no se sabe si llegó.",
    conflict: (count: number, product: string, due: string, rules: string) =>
      `${count === 1 ? "1 lote" : `${count} lotes`} de ${product} para ${due}: ${rules}`,
    rules: RULES_ES,
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
    },
    refusedOther: "The server does not take it.",
    fault: "The server failed.",
    noAnswer: "The server does not answer; whether it arrived is not known.",
    conflict: (count, product, due, rules) => `${count === 1 ? "1 batch" : `${count} batches`} of ${product} due ${due}: ${rules}`,
    rules: RULES_EN,
    several: "several rules together",
  },
);

export type RefusalWords = typeof refusalWords.es;
