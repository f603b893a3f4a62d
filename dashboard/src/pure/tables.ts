/** The charts as tables: heads and rows of text. */
import type { RunRow } from "../api";
import { named, type Words } from "../i18n";
import { decimal, eur, kw, kwh, priceText } from "./format";
import { dayClock, span, type Place } from "./time";
import { bandOf, isForecast, priceOf, type Load, type Slot } from "./timeline";

export interface Table {
  head: string[];
  numeric: number[];
  rows: () => string[][];
}

const NOTHING = "–";

export function originText(origin: string, words: Words): string {
  return named(words.price as unknown as Record<string, string>, origin);
}

export function priceTable(slots: Slot[], words: Words, place: Place): Table {
  const band = (slot: Slot): string => {
    const range = isForecast(slot) ? bandOf(slot, "market") : null;
    return range ? range.map((end) => decimal(end, words.locale, 2)).join(" – ") : NOTHING;
  };
  const allIn = (slot: Slot): string => {
    const value = priceOf(slot, "allIn");
    return value === null ? NOTHING : priceText(value, "allIn", words.locale);
  };
  const { price, table } = words;
  return {
    head: [table.time, price.allIn, price.market, price.band, price.period, price.levelRow, table.origin],
    numeric: [1, 2, 3],
    rows: () =>
      slots.map((slot) => [
        dayClock(slot.start, place),
        allIn(slot),
        priceText(slot.mwh, "market", words.locale),
        band(slot),
        slot.period ?? NOTHING,
        slot.level ? words.level[slot.level] : NOTHING,
        originText(slot.origin, words),
      ]),
  };
}

export function planTable(runs: RunRow[], words: Words, place: Place): Table {
  const { plan, table } = words;
  return {
    head: [plan.batch, plan.product, plan.process, plan.machine, table.time, plan.energy, plan.cost, plan.why],
    numeric: [5, 6],
    rows: () =>
      runs.map((run) => [
        run.batch,
        named(words.products, run.product),
        named(words.processes, run.process),
        `${named(words.machines, run.machine)} ${run.unit}`,
        span(Date.parse(run.start), Date.parse(run.end), place),
        kwh(run.energy_kwh, words.locale),
        eur(run.cost_eur, words.locale),
        run.why,
      ]),
  };
}

export function loadTable(loads: Load[], words: Words, place: Place): Table {
  const { load, table } = words;
  return {
    head: [table.time, load.site, load.contracted, load.excess],
    numeric: [1, 2, 3],
    rows: () =>
      loads.map((one) => [
        dayClock(one.start, place),
        kw(one.kw, words.locale),
        one.contracted === null ? NOTHING : kw(one.contracted, words.locale),
        one.contracted !== null && one.kw > one.contracted ? kw(one.kw - one.contracted, words.locale) : NOTHING,
      ]),
  };
}
