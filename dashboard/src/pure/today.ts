/** What the first tab says besides the answer: when it changes, what today saved, what runs now and next. */
import type { Answer, Dashboard } from "../api";
import { DAY, HOUR, daysApart, wall } from "./time";
import { priceOf, type Slot } from "./timeline";

type Placed = NonNullable<Dashboard["plan"]>["runs"][number];
export type UnderWay = Answer<"/api/v1/production/log">["under_way"][number];
export type Ledger = Answer<"/api/v1/insights/savings">;

const MINUTE = 60_000;

/** "8 h 55 min", "45 min", "3 d 4 h": whole minutes, never below one. */
export function durationText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / MINUTE));
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours === 0) return `${rest} min`;
  return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
}

/** What the site pays in the slot that holds a moment, EUR/kWh; null where no slot or no price is known. */
export function paidAt(slots: Slot[], ms: number): number | null {
  const slot = slots.find((one) => one.start <= ms && ms < one.end);
  return slot ? priceOf(slot, "allIn") : null;
}

export interface DaySaving {
  eur: number;
  settled: boolean;
}

function settledOn(ledger: Ledger | null, day: string): number | null {
  for (const week of ledger?.weeks ?? []) {
    const found = week.days.find((one) => one.day === day && one.status === "settled");
    if (found?.saving_eur !== undefined && found.saving_eur !== null) return found.saving_eur;
  }
  return null;
}

/** The local day of a moment as the API writes days, "2026-03-10", or that of some days before. */
export function dayName(ms: number, zone: string, back = 0): string {
  const here = wall(ms, zone);
  return new Date(Date.UTC(here.year, here.month - 1, here.day) - back * DAY).toISOString().slice(0, 10);
}

/** What today saves: settled where the ledger says so, else as the plan expects; null where no batch ends today. */
export function savingToday(expected: number | null, ledger: Ledger | null, now: number, zone: string): DaySaving | null {
  const settled = settledOn(ledger, dayName(now, zone));
  if (settled !== null) return { eur: settled, settled: true };
  return expected === null ? null : { eur: expected, settled: false };
}

/** What yesterday saved, once settled. */
export function savingYesterday(ledger: Ledger | null, now: number, zone: string): number | null {
  return settledOn(ledger, dayName(now, zone, 1));
}

export interface Item {
  key: string;
  batch: string;
  product: string;
  process: string;
  machine: string;
  unit: number;
  start: number;
  end: number;
  /** Said by the production log, or taken from the plan. */
  reported: boolean;
  running: boolean;
  /** Share of a running one that is done, 0 to 1. */
  done: number;
}

function itemOf(run: Omit<Placed, "energy_kwh" | "cost_eur" | "why">, now: number, reported: boolean): Item {
  const [start, end] = [Date.parse(run.start), Date.parse(run.end)];
  return {
    key: `${run.batch}|${run.process}|${run.machine}|${run.unit}|${start}`,
    batch: run.batch,
    product: run.product,
    process: run.process,
    machine: run.machine,
    unit: run.unit,
    start,
    end,
    reported,
    running: start <= now && now < end,
    done: end > start ? Math.min(1, Math.max(0, (now - start) / (end - start))) : 0,
  };
}

const earlierFirst = (a: Item, b: Item): number => a.start - b.start || a.end - b.end || a.key.localeCompare(b.key);

/**
 * Runs in progress and those that start until the end of the local day, or at least `least` of them, in order of time.
 * A run that the log knows is told as the log has it, in place of the plan's.
 */
export function runsAhead(
  plan: Dashboard["plan"],
  underWay: UnderWay[] | null,
  now: number,
  zone: string,
  least: number,
): { shown: Item[]; more: number } {
  const told = (underWay ?? []).map((run) => itemOf(run, now, run.reported));
  const known = new Set(told.map((item) => `${item.batch}|${item.process}`));
  const planned = [...(plan?.begun ?? []), ...(plan?.runs ?? [])]
    .filter((run) => !known.has(`${run.batch}|${run.process}`))
    .map((run) => itemOf(run, now, false));
  const ahead = [...told, ...planned].filter((item) => item.end > now).sort(earlierFirst);
  const today = ahead.filter((item) => item.running || daysApart(now, item.start, zone) <= 0);
  const shown = today.length >= least ? today : ahead.slice(0, least);
  const soon = ahead.filter((item) => item.start < now + 24 * HOUR);
  return { shown, more: Math.max(0, soon.length - shown.length) };
}
