import { area } from "../words";

/** What a forecaster had to do without, by the form in which its name says so. */
export const modelWords = area(
  {
    needs: (model: string, needed: string, known: string) => `a ${model} le hacen falta ${needed} días y hay ${known}`,
    plain: {
      "found no optimum": (model: string) => `${model} no encontró solución`,
      "has no errors to tell a band from": (model: string) => `${model} no tiene errores pasados de los que sacar una banda`,
      "learnt from other days": (model: string) => `${model} aprendió de otros días`,
    } as Record<string, (model: string) => string>,
    notes: {
      "copied where days are older than those learnt from": "copia los días anteriores a los aprendidos",
      "tomorrow without the system's forecasts": "mañana, sin las previsiones del sistema eléctrico",
      "tomorrow without the system's forecasts: too few past days": "mañana, sin las previsiones del sistema eléctrico: hay pocos días pasados",
      "tomorrow without its spot price": "mañana, sin su precio de mercado",
      "tomorrow without its spot price: too few past days": "mañana, sin su precio de mercado: hay pocos días pasados",
      "last known day where there is no such day": "el último día conocido donde no hay uno parecido",
    } as Record<string, string>,
  },
  {
    needs: (model, needed, known) => `${model} needs ${needed} days, ${known} are known`,
    plain: {},
    notes: {},
  },
);

export type ModelWords = typeof modelWords.es;
