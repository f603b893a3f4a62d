import { area, many } from "../words";

export const alertWords = area(
  {
    title: "Avisos",
    severity: { critical: "crítico", warning: "atención", info: "para saber" },
    more: (count: number) => (count === 1 ? "1 aviso más" : `${count} avisos más`),
    some: (count: number) => (count === 1 ? "1 aviso" : `${count} avisos`),
    until: (when: string) => `hasta ${when}`,
    today: "hoy",
    tomorrow: "mañana",
    forecast: "Es previsión.",
    partlyForecast: "En parte es previsión.",
    failed: "No se pudieron leer los avisos.",
    spike: {
      title: (day: string) => `Precio disparado ${day}`,
      text: (most: string, at: string, hours: string, bound: string) =>
        `Hasta ${most} (${at}); ${hours} por encima de ${bound}, lo que casi nunca se superó en 30 días.`,
    },
    negative: {
      title: (day: string) => `Precio de mercado bajo cero ${day}`,
      text: (least: string, at: string, hours: string, paid: string) => `Hasta ${least} (${at}), ${hours} en total; la planta paga desde ${paid}.`,
    },
    cheap: {
      title: (day: string, from: string, to: string) => `Ventana barata ${day}, ${from}–${to}`,
      text: (hours: string, price: string, below: string) => `${hours} a ${price} de media, un ${below} menos que el día entero.`,
    },
    heat: {
      title: (day: string) => `Calor por encima del límite ${day}`,
      text: (most: string, at: string, hours: string, limit: string, what: string) =>
        `Se esperan ${most} (${at}); ${hours} por encima de ${limit}${what ? `, límite de ${what}` : ""}.`,
    },
    excess: {
      title: (day: string, hours: string) => `Exceso de potencia ${day}, ${hours}`,
      text: (most: string, at: string, over: string, contracted: string, period: string) =>
        `El plan llega a ${most} (${at}), ${over} más que los ${contracted} contratados en ${period}.`,
    },
    late: {
      title: (series: string) => `Faltan datos: ${series}`,
      until: (until: string, holes: string) => (holes ? `Se conocen hasta ${until}; ${holes}.` : `Lo último llega hasta ${until}.`),
      nothing: "No ha llegado ningún valor.",
      failing: "La fuente falla.",
    },
    failing: {
      title: (source: string) => `Fuente con fallos: ${source}`,
      text: (hours: string) => `No responde bien desde hace ${hours}.`,
    },
    changed: {
      title: (when: string) => `Plan nuevo, ${when}`,
      text: (moved: number, added: number, dropped: number) =>
        `${many(moved, "operación movida", "operaciones movidas")}, ${many(added, "añadida", "añadidas")}, ${many(dropped, "quitada", "quitadas")};`,
      cheaper: (amount: string) => `${amount} más barato que el anterior.`,
      dearer: (amount: string) => `${amount} más caro que el anterior.`,
      forced: "el anterior ya no se podía cumplir.",
    },
    missing: {
      title: "No hay plan en vigor",
      since: (when: string) => `El último terminó ${when}.`,
      never: "Todavía no se ha hecho ninguno.",
    },
    infeasible: {
      title: "Ningún plan cumple todas las reglas",
      text: (conflicts: number, products: string) =>
        `${many(conflicts, "choque", "choques")} entre reglas${products ? `, con ${products}` : ""}.`,
      notFound: "No se encontró ningún plan",
      time: "Se acabó el tiempo de cálculo; no está demostrado que sea imposible.",
    },
    planLate: {
      title: (batches: number) => many(batches, "lote con retraso", "lotes con retraso"),
      text: (due: string, products: string) => `El primero era para ${due}${products ? ` (${products})` : ""}.`,
    },
    worse: {
      title: (series: string) => `La previsión acierta menos: ${series}`,
      text: (recent: string, former: string, copy: string) =>
        `Error medio de ${recent} en 14 días; antes, ${former}. Copiar un día parecido erró ${copy} en 28 días.`,
    },
  },
  {
    title: "Alerts",
    severity: { critical: "critical", warning: "attention", info: "good to know" },
    more: (count) => (count === 1 ? "1 more alert" : `${count} more alerts`),
    some: (count) => (count === 1 ? "1 alert" : `${count} alerts`),
    until: (when) => `until ${when}`,
    today: "today",
    tomorrow: "tomorrow",
    forecast: "This is a forecast.",
    partlyForecast: "Part of it is a forecast.",
    failed: "The alerts could not be read.",
    spike: {
      title: (day) => `Price spike ${day}`,
      text: (most, at, hours, bound) => `Up to ${most} (${at}); ${hours} above ${bound}, which was hardly ever passed in 30 days.`,
    },
    negative: {
      title: (day) => `Market price below zero ${day}`,
      text: (least, at, hours, paid) => `Down to ${least} (${at}), ${hours} in all; the plant pays from ${paid}.`,
    },
    cheap: {
      title: (day, from, to) => `Cheap window ${day}, ${from}–${to}`,
      text: (hours, price, below) => `${hours} at ${price} on average, ${below} less than the whole day.`,
    },
    heat: {
      title: (day) => `Heat above the limit ${day}`,
      text: (most, at, hours, limit, what) => `${most} expected (${at}); ${hours} above ${limit}${what ? `, the limit of ${what}` : ""}.`,
    },
    excess: {
      title: (day, hours) => `Excess power ${day}, ${hours}`,
      text: (most, at, over, contracted, period) => `The plan reaches ${most} (${at}), ${over} more than the ${contracted} contracted in ${period}.`,
    },
    late: {
      title: (series) => `Data outstanding: ${series}`,
      until: (until, holes) => (holes ? `Known until ${until}; ${holes}.` : `The newest reaches ${until}.`),
      nothing: "No value has come.",
      failing: "Its source fails.",
    },
    failing: {
      title: (source) => `Source failing: ${source}`,
      text: (hours) => `It has not answered well for ${hours}.`,
    },
    changed: {
      title: (when) => `New plan, ${when}`,
      text: (moved, added, dropped) => `${many(moved, "run moved", "runs moved")}, ${added} added, ${dropped} dropped;`,
      cheaper: (amount) => `${amount} cheaper than the one before.`,
      dearer: (amount) => `${amount} dearer than the one before.`,
      forced: "the one before could no longer be kept.",
    },
    missing: {
      title: "No plan is in force",
      since: (when) => `The last one ended ${when}.`,
      never: "None has been made yet.",
    },
    infeasible: {
      title: "No plan keeps all rules",
      text: (conflicts, products) => `${many(conflicts, "conflict", "conflicts")} between rules${products ? `, with ${products}` : ""}.`,
      notFound: "No plan was found",
      time: "The time to search ran out; it is not proven to be impossible.",
    },
    planLate: {
      title: (batches) => many(batches, "batch late", "batches late"),
      text: (due, products) => `The first was due ${due}${products ? ` (${products})` : ""}.`,
    },
    worse: {
      title: (series) => `Forecasts got worse: ${series}`,
      text: (recent, former, copy) => `Mean error ${recent} over 14 days; before, ${former}. Copying a like day erred by ${copy} over 28 days.`,
    },
  },
);

export type AlertWords = (typeof alertWords)["es"];
