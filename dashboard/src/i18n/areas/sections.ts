import { area } from "../words";

export const sectionWords = area(
  { label: "Partes de los datos", health: "Salud", climate: "Clima", forecast: "Previsión", money: "Dinero", system: "Sistema" },
  { label: "Parts of the data", health: "Health", climate: "Climate", forecast: "Forecast", money: "Money", system: "System" },
);
