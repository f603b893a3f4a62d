/** The savings ledger as the page shows it: which weeks, their sums, and when the next one is settled. */
import type { Answer } from "../api";
import { DAY, localText, momentsOf, wall, type Place } from "./time";

export type Ledger = Answer<"/api/v1/insights/savings">;
export type Week = Ledger["weeks"][number];
export type Figures = Pick<Week, "arms" | "same_work" | "saving_eur" | "saving_percent" | "captured_share">;
export type ArmName = keyof Week["arms"];
export type Period = "week" | "month" | "year";
/** A week under way and one that waits for prices are both provisional to the server. */
export type WeekState = "closed" | "under_way" | "waiting" | "incomplete";

export const ARMS: ArmName[] = ["baseline", "plan", "executed", "hindsight"];
const BACK_DAYS = 60;

function midnight(year: number, month: number, day: number, zone: string): number {
  const noon = Date.UTC(year, month - 1, day, 12);
  const [date] = new Date(noon).toISOString().split("T");
  return momentsOf(`${date}T00:00`, zone)[0] ?? noon - DAY / 2;
}

/** From when on weeks are asked for; a week belongs to the month and the year in which it ends. */
export function periodStart(period: Period, now: number, zone: string): number {
  const here = wall(now, zone);
  if (period === "year") return midnight(here.year, 1, 1, zone);
  if (period === "month") return midnight(here.year, here.month, 1, zone);
  return midnight(here.year, here.month, here.day - BACK_DAYS, zone);
}

/** The same wall time some days later (or earlier), across clock changes. */
export function daysLater(ms: number, days: number, zone: string): number {
  const there = new Date(Date.parse(`${localText(ms, zone)}Z`) + days * DAY).toISOString().slice(0, 16);
  return momentsOf(there, zone)[0] ?? ms + days * DAY;
}

export function stateOf(week: Pick<Week, "status" | "window">, now: number): WeekState {
  if (week.status !== "provisional") return week.status;
  return Date.parse(week.window.end) > now ? "under_way" : "waiting";
}

/** The week to show first: the newest closed one, else the newest. */
export function firstShown(weeks: Week[]): Week | null {
  return weeks.findLast((week) => week.status === "closed") ?? weeks.at(-1) ?? null;
}

export interface Bar {
  week: Week;
  start: number;
  end: number;
  state: WeekState;
  saving: number | null;
  /** Sum of the savings until here, this one included. */
  total: number;
}

/** A bar for each week, oldest first; weeks without a comparable saving keep the sum as it was. */
export function barsOf(weeks: Week[], now: number): Bar[] {
  let total = 0;
  return weeks.map((week) => {
    total += week.saving_eur ?? 0;
    const [start, end] = [Date.parse(week.window.start), Date.parse(week.window.end)];
    return { week, start, end, state: stateOf(week, now), saving: week.saving_eur, total };
  });
}

/**
 * When the next week can be settled whole; null where nothing tells where weeks begin.
 *
 * `lastEnd` is where the last week that is over ended, for a ledger without any week. A week that began without a
 * plan is not settled whole, so the one after it counts.
 */
export function nextSettled(weeks: Week[], lastEnd: number | null, now: number, zone: string): number | null {
  const newest = weeks.at(-1);
  if (newest && stateOf(newest, now) === "under_way") return Date.parse(newest.window.end);
  let end = newest ? Date.parse(newest.window.end) : lastEnd;
  if (end === null) return null;
  while (end <= now) end = daysLater(end, 7, zone);
  const begunWithout = !newest || (newest.status === "incomplete" && Date.parse(newest.window.end) > now);
  return begunWithout ? daysLater(end, 7, zone) : end;
}

const days = new Map<string, Intl.DateTimeFormat>();

function format(place: Place, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${place.locale}|${place.zone}|${options.month}`;
  let found = days.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(place.locale, { ...options, timeZone: place.zone });
    days.set(key, found);
  }
  return found;
}

/** "7 mar". */
export function dayMonth(ms: number, place: Place): string {
  return format(place, { day: "numeric", month: "short" }).format(ms);
}

/** "sábado, 14 de marzo". */
export function longDay(ms: number, place: Place): string {
  return format(place, { weekday: "long", day: "numeric", month: "long" }).format(ms);
}

/** "7 mar – 14 mar". */
export function weekText(start: number, end: number, place: Place): string {
  return `${dayMonth(start, place)} – ${dayMonth(end, place)}`;
}

/** Widths of the arms as shares of the dearest, null where an arm has no figure. */
export function armShares(arms: Figures["arms"]): Record<ArmName, number | null> {
  const greatest = Math.max(0.01, ...ARMS.map((name) => arms[name]?.eur ?? 0));
  const share = (name: ArmName): number | null => {
    const arm = arms[name];
    return arm ? Math.max(0, arm.eur / greatest) : null;
  };
  return { baseline: share("baseline"), plan: share("plan"), executed: share("executed"), hindsight: share("hindsight") };
}
