import { describe, expect, it } from "vitest";

import { DICTIONARIES } from "../src/i18n";
import { climateWords } from "../src/i18n/areas/climate";
import { healthWords } from "../src/i18n/areas/health";
import { ledgerWords } from "../src/i18n/areas/ledger";
import { qualityWords } from "../src/i18n/areas/quality";
import { windowWords } from "../src/i18n/areas/windows";
import { many } from "../src/i18n/words";

const SAID: [string, string][] = [
  [qualityWords.es.partRivals(1), "con 1 día de momento"],
  [qualityWords.en.partRivals(1), "with 1 day so far"],
  [qualityWords.en.little(1, 7), "There is 1 of the 7 days with a forecast that figures need."],
  [ledgerWords.es.chart(1, "5 €", "5 €", "7 mar"), "1 semana, 5 € en total. La mejor: 7 mar, 5 €."],
  [ledgerWords.en.chart(1, "€5", "€5", "7 Mar"), "1 week, €5 in total. The best: 7 Mar, €5."],
  [ledgerWords.es.reported(1, 1), "1 de 1 operación comunicada; el resto se da por hecho según el plan."],
  [healthWords.es.hole.some(1, healthWords.es.hole.values(1, "1")), "1 hueco, 1 valor en total."],
  [healthWords.en.hole.some(2, healthWords.en.hole.values(1200, "1,200")), "2 holes, 1,200 values in all."],
  [healthWords.es.heal.done(1, 1), "1 de 1 valor recuperado."],
  [healthWords.en.healed("1 h ago", 1, 0), "Last healing 1 h ago: 0 of 1 value recovered."],
  [climateWords.es.years(1, "365", "1 ene", "31 dic"), "1 año de SIAR: 365 días medidos, de 1 ene a 31 dic."],
  [windowWords.es.summary(1, "1 h", "mié 11", "0,1 €"), "La hora más barata por venir: mié 11, a 0,1 €."],
  [windowWords.en.summary(1, "1 h", "Wed 11", "€0.1"), "The cheapest hour to come: Wed 11, at €0.1."],
  [windowWords.es.summary(10, "10 h", "mié 11", "0,1 €"), "Las 10 h seguidas más baratas por venir: mié 11, a 0,1 €."],
  [DICTIONARIES.es.plan.summary(1, 1, "mié 11"), "1 lote en 1 operación, hasta mié 11."],
  [DICTIONARIES.en.plan.summary(2, 1, "Wed 11"), "2 batches in 1 run, until Wed 11."],
];

describe("counts", () => {
  it.each(SAID)("%s", (said, wanted) => {
    expect(said).toBe(wanted);
  });

  it("have the form of their number", () => {
    expect([0, 1, 2].map((count) => many(count, "lote", "lotes"))).toEqual(["0 lotes", "1 lote", "2 lotes"]);
  });
});
