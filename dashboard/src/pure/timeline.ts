/** The answer of the server as the charts and tables need it: milliseconds, rows, spans. */
import type { Dashboard, Level, MachineRow, Plan, PriceStrip } from "../api";
import type { BarRun, Marks } from "./plan";
import { HOUR } from "./time";

export interface Span {
  start: number;
  end: number;
}

export interface Slot extends Span {
  origin: string;
  mwh: number;
  mwhLow: number;
  mwhHigh: number;
  allIn: number | null;
  allInLow: number | null;
  allInHigh: number | null;
  period: string | null;
  level: Level | null;
}

export interface Row {
  key: string;
  machine: string;
  unit: number;
  count: number;
}

export interface Bar extends Span {
  row: number;
  run: BarRun;
  marks: Marks;
}

/** A time in which a unit is not free: out of order, or made ready for a product. */
export interface Block extends Span {
  row: number;
  kind: "outage" | "setup";
  text: string;
}

export interface Load extends Span {
  kw: number;
  contracted: number | null;
  /** What charges the battery, negative when it gives; null without one. */
  battery: number | null;
  stored: number | null;
  /** What the site uses of its array; null without one. */
  solar: number | null;
}

export type Unit = "allIn" | "market";

export function slotsOf(strip: PriceStrip | null): Slot[] {
  if (!strip) return [];
  const length = strip.resolution_min * 60_000;
  return strip.points.map((point) => {
    const start = Date.parse(point.start);
    return {
      start,
      end: start + length,
      origin: point.origin,
      mwh: point.price_eur_mwh,
      mwhLow: point.p10,
      mwhHigh: point.p90,
      allIn: point.all_in_eur_kwh,
      allInLow: point.all_in_p10_eur_kwh ?? null,
      allInHigh: point.all_in_p90_eur_kwh ?? null,
      period: point.period,
      level: point.level,
    };
  });
}

export function priceOf(slot: Slot, unit: Unit): number | null {
  return unit === "allIn" ? slot.allIn : slot.mwh;
}

/** Lower and upper end of the band, or null where the unit has none. */
export function bandOf(slot: Slot, unit: Unit): [number, number] | null {
  if (unit === "market") return [slot.mwhLow, slot.mwhHigh];
  return slot.allInLow === null || slot.allInHigh === null ? null : [slot.allInLow, slot.allInHigh];
}

/** Whether every slot has an all-in price. */
export function hasAllIn(slots: Slot[]): boolean {
  return slots.length > 0 && slots.every((slot) => slot.allIn !== null);
}

export function isForecast(slot: Slot): boolean {
  return slot.origin === "forecast" || slot.origin === "estimated";
}

/** End of the known prices: where the first forecast slot begins, or the end of all. */
export function knownUntil(slots: Slot[]): number | null {
  return slots.find(isForecast)?.start ?? slots.at(-1)?.end ?? null;
}

/** Slots without a hole between them, one list each. */
export function unbroken<T extends Span>(slots: T[]): T[][] {
  const parts: T[][] = [];
  for (const slot of slots) {
    const part = parts.at(-1);
    if (part && part.at(-1)?.end === slot.start) part.push(slot);
    else parts.push([slot]);
  }
  return parts;
}

/** Times between slots that no slot covers. */
export function holesOf(slots: Span[]): Span[] {
  return slots.flatMap((slot, index) => {
    const next = slots[index + 1];
    return next && next.start > slot.end ? [{ start: slot.end, end: next.start }] : [];
  });
}

/** Points of a step curve: the start of each slot, the end of the last one, and a break at each hole. */
export function stepPoints<T extends Span>(slots: T[], value: (slot: T) => number | null): [number, number | null][] {
  return unbroken(slots).flatMap((part) => {
    const last = part.at(-1);
    const points: [number, number | null][] = part.map((slot) => [slot.start, value(slot)]);
    return last ? [...points, [last.end, value(last)], [last.end, null]] : points;
  });
}

/** Cheapest and dearest slot that lies in the span, the earliest of equals; null when there is none. */
export function extremes(slots: Slot[], span: Span, unit: Unit): { low: Slot; high: Slot } | null {
  let low: Slot | null = null;
  let high: Slot | null = null;
  for (const slot of slots) {
    const value = priceOf(slot, unit);
    if (value === null || slot.start < span.start || slot.end > span.end) continue;
    if (!low || value < (priceOf(low, unit) ?? Infinity)) low = slot;
    if (!high || value > (priceOf(high, unit) ?? -Infinity)) high = slot;
  }
  return low && high ? { low, high } : null;
}

export interface Scale {
  min: number;
  max: number;
  step: number;
  digits: number;
}

/** Ends, step and decimals of a value axis that holds every price and band, zero, and some room above for a label. */
export function priceScale(slots: Slot[], unit: Unit): Scale {
  const values = slots.flatMap((slot) => [priceOf(slot, unit) ?? 0, ...(isForecast(slot) ? (bandOf(slot, unit) ?? []) : [])]);
  const low = Math.min(0, ...values);
  const high = Math.max(unit === "allIn" ? 0.01 : 1, ...values);
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10);
  const room = (high - low) * 0.09;
  const below = low < 0 ? low - room : 0;
  const digits = [0, 1, 2, 3].find((count) => Math.abs(step * 10 ** count - Math.round(step * 10 ** count)) < 1e-9) ?? 4;
  return { min: Math.floor(below / step) * step, max: high + room, step, digits };
}

/** Neighbouring slots of one value joined into spans. */
export function joined<T>(slots: Slot[], value: (slot: Slot) => T): (Span & { value: T })[] {
  const spans: (Span & { value: T })[] = [];
  for (const slot of slots) {
    const last = spans.at(-1);
    const here = value(slot);
    if (last && last.value === here && last.end === slot.start) last.end = slot.end;
    else spans.push({ start: slot.start, end: slot.end, value: here });
  }
  return spans;
}

/** One row for each unit of each machine, in the order of the factory file. */
export function rowsOf(machines: MachineRow[]): Row[] {
  return machines.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, index) => ({
      key: `${name} ${index + 1}`,
      machine: name,
      unit: index + 1,
      count,
    })),
  );
}

const PLAIN: Marks = { state: "coming", told: null, frozen: false, moved: null };

/** Bars of the runs whose machine has a row; a machine that left the factory file has none. */
export function barsOf(runs: BarRun[], rows: Row[], marks: (run: BarRun) => Marks = () => PLAIN): Bar[] {
  const places = new Map(rows.map((row, index) => [row.key, index]));
  return runs.flatMap((run) => {
    const row = places.get(`${run.machine} ${run.unit}`);
    return row === undefined ? [] : [{ row, run, marks: marks(run), start: Date.parse(run.start), end: Date.parse(run.end) }];
  });
}

/** A report that a machine is out of order; without a unit the last ones are taken to be. */
export interface Outage {
  machine: string;
  unit: number | null;
  units: number;
  moment: string;
  until: string | null;
}

/** Times in which units are out of order or made ready, on the rows of those units. */
export function blocksOf(setups: Plan["setups"], outages: Outage[], rows: Row[]): Block[] {
  const places = new Map(rows.map((row, index) => [row.key, index]));
  const made = (setups ?? []).flatMap((setup): Block[] => {
    const row = places.get(`${setup.machine} ${setup.unit}`);
    if (row === undefined) return [];
    return [{ row, kind: "setup", text: setup.product, start: Date.parse(setup.start), end: Date.parse(setup.end) }];
  });
  const away = outages.flatMap((outage) =>
    rows.flatMap((place, row): Block[] => {
      if (place.machine !== outage.machine || outage.until === null) return [];
      const out = outage.unit === null ? place.unit > place.count - outage.units : place.unit === outage.unit;
      return out ? [{ row, kind: "outage", text: "", start: Date.parse(outage.moment), end: Date.parse(outage.until) }] : [];
    }),
  );
  return [...away, ...made];
}

/** Power contracted at a moment, from rows where it changes, in order of time; null before the first. */
export function contractedFrom(rows: Dashboard["contracted_kw"]): (ms: number) => number | null {
  const steps = rows.map((row) => ({ start: Date.parse(row.start), kw: row.kw }));
  return (ms) => steps.findLast((step) => step.start <= ms)?.kw ?? null;
}

export function loadOf(plan: Plan | null, contracted: Dashboard["contracted_kw"]): Load[] {
  if (!plan) return [];
  const contractedOf = contractedFrom(contracted);
  const battery = new Map((plan.battery?.rows ?? []).map((row) => [Date.parse(row.start), row]));
  const solar = new Map((plan.pv?.rows ?? []).map((row) => [Date.parse(row.start), row.used_kw]));
  const length = plan.resolution_min * 60_000;
  return plan.load_kw.map((point) => {
    const start = Date.parse(point.start);
    const cell = battery.get(start);
    return {
      start,
      end: start + length,
      kw: point.kw,
      contracted: contractedOf(start),
      battery: cell ? cell.charge_kw - cell.discharge_kw : null,
      stored: cell?.stored_kwh ?? null,
      solar: solar.get(start) ?? null,
    };
  });
}

export function peakOf(loads: Load[]): Load | null {
  return loads.reduce<Load | null>((best, load) => (best && best.kw >= load.kw ? best : load), null);
}

/** Greatest amount by which the load passes the contracted power; 0 when it never does. */
export function greatestExcess(loads: Load[]): number {
  return loads.reduce((most, load) => Math.max(most, load.kw - (load.contracted ?? Infinity)), 0);
}

/** Everything there is to see: from the first price or run to the last. */
export function boundsOf(slots: Slot[], plan: Plan | null, now: number): Span {
  const begun = (plan?.begun ?? []).filter((run) => Date.parse(run.end) > now).map((run) => Date.parse(run.start));
  const starts = [slots[0]?.start, plan ? Date.parse(plan.window.start) : undefined, ...begun];
  const ends = [slots.at(-1)?.end, plan ? Date.parse(plan.window.end) : undefined];
  const known = (value: number | undefined): value is number => value !== undefined;
  return {
    start: Math.min(now, ...starts.filter(known)),
    end: Math.max(now + HOUR, ...ends.filter(known)),
  };
}

/** A view of some hours that begins shortly before now, or everything for null. */
export function viewOf(hours: number | null, now: number, bounds: Span): Span {
  if (hours === null) return { ...bounds };
  const lead = hours * HOUR * 0.08;
  return moved({ start: now - lead, end: now - lead + hours * HOUR }, 0, bounds);
}

/** The view shifted by some milliseconds, kept whole inside the bounds. */
export function moved(view: Span, by: number, bounds: Span): Span {
  const length = Math.min(view.end - view.start, bounds.end - bounds.start);
  const start = Math.min(Math.max(view.start + by, bounds.start), bounds.end - length);
  return { start, end: start + length };
}
