import { area } from "../words";

/** Why a source of data did not deliver, by what the program says of its answer. */
export const failureWords = area(
  {
    status: (status: string) => `ha respondido HTTP ${status}`,
    denied: (status: string) => `dice que no (HTTP ${status}): la clave o el permiso`,
    key: "no admite la clave",
    tooMany: "demasiadas peticiones",
    broken: (status: string) => `tiene un fallo suyo (HTTP ${status})`,
    wait: (seconds: string) => `pide esperar ${seconds} s`,
    noConnection: "no hay conexión",
    cut: "la conexión se ha cortado",
    late: "no responde a tiempo",
    other: "no ha entregado los datos:",
  },
  {
    status: (status) => `answered HTTP ${status}`,
    denied: (status) => `says no (HTTP ${status}): the key or the right`,
    key: "does not accept the key",
    tooMany: "too many requests",
    broken: (status) => `has a fault of its own (HTTP ${status})`,
    wait: (seconds) => `asks to wait ${seconds} s`,
    noConnection: "there is no connection",
    cut: "the connection broke",
    late: "does not answer in time",
    other: "did not deliver:",
  },
);

export type FailureWords = typeof failureWords.es;
