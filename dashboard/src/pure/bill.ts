/** A month's bill as the page shows it. */
import type { Answer } from "../api";
import { wall } from "./time";

export type Bill = Answer<"/api/v1/bills">;
export type BillLine = Bill["lines"][number];

const SHOWN_MONTHS = 13;

function name(year: number, month: number): string {
  const at = new Date(Date.UTC(year, month - 1, 1));
  return at.toISOString().slice(0, 7);
}

/** The months that can be billed, newest first; on its first day no day of a month has ended. */
export function monthsOf(now: number, zone: string): string[] {
  const here = wall(now, zone);
  const first = here.day === 1 ? 1 : 0;
  return Array.from({ length: SHOWN_MONTHS }, (_, back) => name(here.year, here.month - first - back));
}

/** "marzo de 2026". */
export function monthText(month: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" }).format(Date.parse(`${month}-01T00:00Z`));
}

/** "9 mar", from a calendar day. */
export function dayText(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(`${day}T00:00Z`));
}

/** The tariff period that a line is of, like P3; empty where it is of none. */
export function periodOf(line: Pick<BillLine, "name">): string {
  return /\bP[1-6]$/.exec(line.name)?.[0] ?? "";
}

/** The price of a line as people read it: energy by the kWh, yearly prices with the share of the year. */
export function priceOf(line: BillLine): { value: number; digits: number; unit: string; share: string } | null {
  if (line.price === null) return null;
  const perKwh = line.price_unit === "EUR/MWh" && line.unit === "kWh";
  const value = perKwh ? Number((line.price / 1000).toFixed(9)) : line.price;
  const digits = Math.min(6, Math.max(line.price_unit === "%" ? 0 : 2, (String(Number(value.toFixed(6))).split(".")[1] ?? "").length));
  const share = line.factor === 1 || perKwh || line.price_unit === "%" ? "" : (/\d+\/\d+$/.exec(line.computation)?.[0] ?? String(line.factor));
  return { value, digits, unit: perKwh ? "EUR/kWh" : line.price_unit, share };
}

export const GROUPS = ["power", "energy", "other", "taxes"] as const;
export type Group = (typeof GROUPS)[number];
const GROUP_OF: Record<string, Group> = {
  energy: "energy", access: "energy", power: "power", retail_margin: "power", excess: "power",
  electricity_tax: "taxes", vat: "taxes",
};

export interface LineGroup {
  group: Group;
  lines: BillLine[];
  eur: number;
}

/** Lines by what they pay for, each with the sum of its rounded lines; together they are the bill's total. */
export function groupsOf(lines: BillLine[]): LineGroup[] {
  return GROUPS.map((group) => {
    const own = lines.filter((line) => (GROUP_OF[line.kind] ?? "other") === group);
    return { group, lines: own, eur: own.reduce((sum, line) => sum + Math.round(line.eur * 100), 0) / 100 };
  }).filter(({ lines: own }) => own.length > 0);
}

/** Days in a row joined: [["2026-03-01","2026-03-06"], …]. */
export function runsOfDays(days: string[]): [string, string][] {
  const runs: [string, string][] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last && Date.parse(day) - Date.parse(last[1]) === 86_400_000) last[1] = day;
    else runs.push([day, day]);
  }
  return runs;
}

