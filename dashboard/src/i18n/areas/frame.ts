import { area } from "../words";

export const frameWords = area(
  {
    failed: "No se pudo leer.",
    noAnswer: "El servidor no responde.",
    old: "La última lectura falló; se muestra lo anterior.",
    empty: "Aún no hay datos.",
    tabs: "Secciones",
    tab: { today: "Hoy", plan: "Plan", data: "Datos", ask: "Preguntar" },
    theme: { label: "Aspecto", system: "Automático", light: "Claro", dark: "Oscuro" },
    skip: "Ir al contenido",
    viewFailed: "Esta parte de la página no se pudo cargar.",
    cancel: "Cancelar",
    close: "Cerrar",
    busy: "En marcha…",
  },
  {
    failed: "It could not be read.",
    noAnswer: "The server does not answer.",
    old: "The last read failed; what was there before is shown.",
    empty: "There are no data yet.",
    tabs: "Sections",
    tab: { today: "Today", plan: "Plan", data: "Data", ask: "Ask" },
    theme: { label: "Appearance", system: "Automatic", light: "Light", dark: "Dark" },
    skip: "Skip to content",
    viewFailed: "This part of the page could not be loaded.",
    cancel: "Cancel",
    close: "Close",
    busy: "Under way…",
  },
);
