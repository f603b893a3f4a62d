import { beforeEach, describe, expect, it } from "vitest";

import { failureWords } from "../src/i18n/areas/failures";
import { healthWords } from "../src/i18n/areas/health";
import { jobWords } from "../src/i18n/areas/jobs";
import {
  figureOf,
  forecastDays,
  furthest,
  isWhole,
  mostAbove,
  scaleOf,
  seasonCells,
  seasonEnds,
  shareOf,
  verdictFigure,
  type Figure,
  type Forecast,
  type LimitDays,
  type Pair,
  type SeasonSeries,
  type WeekDay,
} from "../src/pure/climate";
import { dayName, dayText, monthNames, nearText, spanText } from "../src/pure/dates";
import { failureText } from "../src/pure/failures";
import { countStates, failingOf, freshness, groupsOf, nameOf, namesOf, reasonOf, remediesOf, remedyOf, sourceText, worstOf, type SeriesRow } from "../src/pure/health";
import { cadenceText, isBad, stateOf, tookText, type Job } from "../src/pure/jobs";
import { sectionOf } from "../src/pure/sections";
import { rounded, signed } from "../src/pure/signed";

const { es, en } = healthWords;
const failures = failureWords.es;
const SPAIN = { zone: "Europe/Madrid", locale: "es-ES" };
const NOW = Date.parse("2026-03-10T20:00:00Z");
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, " ");

let row: SeriesRow;
beforeEach(() => {
  row = {
    series: "coruna_wind_speed_forecast",
    state: "ok",
    until: "2026-03-11T23:00:00Z",
    updated_at: "2026-03-10T13:00:00Z",
    age_minutes: 420,
    holes: 0,
    note: "",
    remedy: "",
    label: { quantity: "wind_speed", place: "coruna" },
    kind: "forecast",
    unit: "m/s",
    first: "2024-03-11T23:00:00Z",
    newest: "2026-03-11T22:00:00Z",
    rows: 100,
    source: "open_meteo",
    origin: "forecast",
    due_next: null,
    healing: null,
  };
});
const like = (more: Partial<SeriesRow>): SeriesRow => ({ ...row, ...more });

describe("the health of the data", () => {
  it("is grouped by what series are of, trouble first", () => {
    const spot = like({ series: "spot", kind: "price", label: { quantity: "spot", place: null } });
    const pvpc = { ...spot, series: "pvpc", state: "late" as const };
    const siar = like({ kind: "imported", label: { quantity: "rain", place: "siar_j09" }, state: "off" });
    const groups = groupsOf([siar, spot, row, pvpc]);
    expect(groups.map((group) => [group.name, group.worst])).toEqual([
      ["prices", "late"],
      ["elsewhereForecast", "ok"],
      ["siar", "off"],
    ]);
    expect(groups[0]?.rows.map((one) => one.series)).toEqual(["pvpc", "spot"]);
    expect(countStates([siar, spot, row, pvpc])).toEqual([
      ["late", 1],
      ["ok", 2],
      ["off", 1],
    ]);
    expect(worstOf([])).toBe("off");
  });

  it("names series in both languages and leaves unknown keys as they are", () => {
    expect(nameOf(row, es)).toBe("Viento, A Coruña (previsión)");
    expect(nameOf(row, en)).toBe("Wind, A Coruña (forecast)");
    expect(nameOf(like({ label: { quantity: "temperature", place: "site" } }), es, false)).toBe("Temperatura");
    expect(namesOf([row], es)("coruna_wind_speed_forecast")).toBe("Viento, A Coruña (previsión)");
    expect(namesOf([row], es)("moon")).toBe("moon");
    expect(sourceText("open_meteo_archive, reanalysis", es)).toBe("Open-Meteo (archivo), reanálisis");
    expect(Object.keys(en.quantities)).toEqual(Object.keys(es.quantities));
    expect(Object.keys(en.sources)).toEqual(Object.keys(es.sources));
    expect(Object.keys(en.places)).toEqual(Object.keys(es.places));
  });

  it("says how fresh a series is", () => {
    const say = (more: Partial<SeriesRow>): string => plain(freshness(like(more), es, NOW, SPAIN));
    expect(say({})).toBe("hasta jue 12 00:00 · hace 7 h");
    expect(say({ kind: "price", holes: 24 })).toBe("hasta jue 12 00:00 · hace 7 h · faltan 24 valores");
    expect(say({ kind: "imported", newest: "2017-12-31T00:00:00Z" })).toBe("hasta 31 dic 2017 · cargado de fichero");
    expect(say({ age_minutes: null })).toBe("hasta jue 12 00:00 · previsión sin renovar");
    expect(say({ rows: 0, state: "missing" })).toBe("nunca ha llegado nada");
    expect(say({ rows: 0, state: "off" })).toBe("sin fuente configurada");
    expect(say({ rows: 0, state: "off", kind: "imported" })).toBe("ningún fichero cargado");
  });

  it("says why a source fails, and quotes what has no form", () => {
    const said: [string, string, string][] = [
      ["answered 403", "dice que no (HTTP 403): la clave o el permiso", ""],
      ["answered 429, asks to wait 60 s", "demasiadas peticiones; pide esperar 60 s", ""],
      ["ree: answered 503", "tiene un fallo suyo (HTTP 503)", ""],
      ["answered 500 inside a good status.", "tiene un fallo suyo (HTTP 500)", ""],
      ["answered 418", "ha respondido HTTP 418", ""],
      ["no answer in time", "no responde a tiempo", ""],
      ["no connection ([Errno 111] Connection refused)", "no hay conexión", ""],
      ["connection broken (ReadError)", "la conexión se ha cortado", ""],
      ["the key is not accepted", "no admite la clave", ""],
      ["weather of another place", "no ha entregado los datos:", "weather of another place"],
    ];
    for (const [reason, text, quoted] of said) expect(failureText(reason, failures)).toEqual({ text, quoted });
    expect(failingOf("3 slots missing; ree failing since 2026-03-10 18:00 UTC: answered 500; omie failing since 2026-03-10 18:05 UTC: a; b")).toEqual([
      { source: "ree", reason: "answered 500" },
      { source: "omie", reason: "a; b" },
    ]);
  });

  it("translates the remedies and reasons it knows and marks the others as English", () => {
    expect(remedyOf("Set CHOCO_ESIOS__TOKEN to have it.", es)?.text).toContain("CHOCO_ESIOS__TOKEN");
    expect(remedyOf("Set CHOCO_ESIOS__TOKEN to have it.", es)?.foreign).toBe(false);
    expect(remedyOf("It is asked again at every sync; `choco doctor` tells.", es)).toEqual({
      text: "It is asked again at every sync; choco doctor tells.",
      foreign: true,
    });
    expect(remedyOf("It is asked again at every sync; if it stays so, `choco doctor` tells what is wrong with esios, ree.", es)).toEqual({
      text: "Se vuelve a pedir solo; si sigue así, «choco doctor» dice qué le pasa a ESIOS, Red Eléctrica.",
      foreign: false,
    });
    expect(remedyOf("", es)).toBeNull();
    const late = like({ state: "late", remedy: "Run `choco sync`; more." });
    expect(remediesOf([late, { ...late, series: "b" }, like({ remedy: "Run `choco sync`" })], es)).toHaveLength(1);
    expect(reasonOf("out of reach of open_meteo_archive", es, failures)).toEqual({ text: "fuera del alcance de Open-Meteo (archivo)", foreign: false });
    expect(reasonOf("ree_system: has nothing", es, failures).text).toBe("Red Eléctrica no tiene nada");
    expect(reasonOf("ree: the sky fell", es, failures)).toEqual({ text: "ree: the sky fell", foreign: true });
    expect(reasonOf("esios: answered 403; omie: no answer in time", es, failures)).toEqual({
      text: "ESIOS: dice que no (HTTP 403): la clave o el permiso; OMIE: no responde a tiempo",
      foreign: false,
    });
  });
});

describe("dates", () => {
  it("name the year where it matters and days as they are, in any zone", () => {
    expect(nearText(NOW, NOW, SPAIN)).toBe("mar 10 21:00");
    expect(nearText(Date.parse("2017-12-31T00:00:00Z"), NOW, SPAIN)).toBe("31 dic 2017");
    expect(spanText(NOW - 86_400_000, NOW, NOW, SPAIN)).toBe("lun 9 21:00 – mar 10 21:00");
    expect(spanText(Date.parse("2026-03-03T20:00:00Z"), NOW, NOW, SPAIN)).toBe("3 mar 2026 – 10 mar 2026");
    expect(dayName("2026-03-29", "es-ES")).toBe("dom 29");
    expect(dayText("2000-08-24", "en-GB")).toBe("24 Aug 2000");
    expect(monthNames("es-ES", "long")[1]).toBe("febrero");
  });

  it("and numbers keep no sign on a nought", () => {
    expect(signed(-0.004, "es-ES", 2)).toBe("0,00");
    expect(signed(-0.19, "es-ES", 2)).toBe("−0,19");
    expect(signed(0.79, "es-ES", 2)).toBe("+0,79");
    expect(Object.is(rounded(-0.3, 0), 0)).toBe(true);
  });
});

describe("scales", () => {
  it("are round, hold every value and have few steps", () => {
    for (const values of [[7.8, 41.5], [-1.6, 2.6], [0, 98], [0], [5, 5], [-0.2, 0.1], [0, 244], [-12, 1200]]) {
      const { min, max, ticks } = scaleOf(values);
      expect(min).toBeLessThanOrEqual(Math.min(...values));
      expect(max).toBeGreaterThanOrEqual(Math.max(...values));
      expect(max).toBeGreaterThan(min);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks[0]).toBeCloseTo(min);
    }
    expect(shareOf(15, { min: 10, max: 20 })).toBe(50);
    expect(shareOf(99, { min: 10, max: 20 })).toBe(100);
  });
});

describe("the climate", () => {
  const limit = (...years: [number, number, number][]): LimitDays => ({
    quantity: "temperature_max",
    unit: "°C",
    above: 34,
    origin: "factory",
    steps: ["standard: temper"],
    by_year: years.map(([year, days, known]) => ({ year, days, known })),
    by_month: [],
  });

  it("compares only years that are nearly whole", () => {
    expect(isWhole({ year: 2025, known: 289 })).toBe(false);
    expect(mostAbove(limit([2023, 98, 365], [2025, 120, 289]))?.year).toBe(2023);
    expect(mostAbove(limit([2025, 120, 289]))).toBeNull();
  });

  it("finds the day of the week furthest from normal, and none where none is known", () => {
    const day = (date: string, difference: number | null): WeekDay => ({
      date,
      hours: 24,
      figures: [{ quantity: "temperature_max", difference } as Figure],
    });
    const days = [day("2026-03-09", null), day("2026-03-13", -7.2), day("2026-03-14", 3)];
    expect(furthest(days, "temperature_max")?.day.date).toBe("2026-03-13");
    expect(furthest(days.slice(0, 1), "temperature_max")).toBeNull();
    expect(figureOf(days[0] as WeekDay, "humidity_max")).toBeNull();
  });

  it("sums a forecast up by local days, leaves out what is hardly known, and knows days of 23 hours", () => {
    const first = Date.parse("2026-03-28T20:00:00Z");
    const hours = Array.from({ length: 3 + 23 + 24 }, (_, index) => ({
      start: new Date(first + index * 3_600_000).toISOString(),
      values: { temperature: { value: index, source: "a", origin: "forecast" as const, issued_at: "2026-03-28T20:00:00Z" } },
    }));
    const days = forecastDays({ hours } as unknown as Forecast, "Europe/Madrid");
    expect(days.map((day) => [day.hours, day.low, day.high, day.humidity])).toEqual([
      [23, 3, 25, null],
      [24, 26, 49, null],
    ]);
  });

  it("levels means by fifths and keeps what is not known", () => {
    const series = { by_month_and_hour: [[1, 2, 3, 4, 5, null], [1, 2, 3, 4, 5, 9]] } as unknown as SeasonSeries;
    const cells = seasonCells(series);
    expect(cells[0]?.[0]?.level).toBe("very_low");
    expect(cells[1]?.[5]?.level).toBe("very_high");
    expect(cells[0]?.[5]).toEqual({ value: null, level: null });
    expect(seasonEnds(series)).toEqual({ low: { month: 1, hour: 0, value: 1 }, high: { month: 2, hour: 5, value: 9 } });
    expect(seasonEnds({ by_month_and_hour: [[null]] } as unknown as SeasonSeries)).toBeNull();
  });

  it("shows of two correlations the smaller one", () => {
    const pair = { pearson: { value: -0.5, low: -0.7, high: -0.2 }, spearman: { value: -0.3, low: -0.5, high: -0.1 } } as Pair;
    expect(verdictFigure(pair)?.value).toBe(-0.3);
    expect(verdictFigure({ ...pair, spearman: null })?.value).toBe(-0.5);
  });
});

describe("jobs", () => {
  const job = (outcome: Job["outcome"]): Job => ({ outcome }) as Job;

  it("say when they run and how long they took", () => {
    expect(cadenceText("every 15 min", jobWords.es)).toBe("cada 15 min");
    expect(cadenceText("daily at 04:30", jobWords.en)).toBe("every day at 04:30");
    expect(cadenceText("Mondays at 05:30", jobWords.es)).toBe("los lunes a las 05:30");
    expect(cadenceText("at new moon", jobWords.es)).toBe("at new moon");
    expect(tookText(0.326, jobWords.es, "es-ES")).toBe("0,3 s");
    expect(tookText(200, jobWords.es, "es-ES")).toBe("3,3 min");
    expect(tookText(null, jobWords.es, "es-ES")).toBe("");
  });

  it("are bad when they failed or took too long", () => {
    expect(["ok", "failed", "interrupted", "overdue", "running"].map((one) => isBad(job(one as Job["outcome"])))).toEqual([false, true, false, true, false]);
    expect(stateOf(job(null))).toBe("off");
    expect(stateOf(job("interrupted"))).toBe("late");
  });
});

it("an unknown section is the health of the data", () => {
  expect(sectionOf("climate")).toBe("climate");
  expect(sectionOf("batch=3")).toBe("health");
});
