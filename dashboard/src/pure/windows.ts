/** Best and worst windows as the page shows them. */
import type { Answer } from "../api";
import { clock, dayShort, span, wall, type Place } from "./time";

export type Windows = Answer<"/api/v1/insights/windows">;
export type PriceWindow = Windows["overall"]["best"][number];
export type Known = "published" | "forecast" | "mixed" | "contract" | "sample";

/** Lengths to choose from, hours; the longest process step comes first and is what the server chooses. */
export const LENGTHS = [1, 2, 4, 6, 8, 12];

/** Where the prices of a window come from. */
export function knownBy(window: PriceWindow): Known {
  const { published, forecast, sample, contract } = window.shares;
  if (sample > 0) return "sample";
  if (contract > 0) return "contract";
  if (forecast === 0) return "published";
  return published === 0 ? "forecast" : "mixed";
}

/** "mié 11 08:30–18:30", or without the day for windows inside the day that a table's row names. */
export function windowText(window: PriceWindow, place: Place, withDay = true): string {
  const [start, end] = [Date.parse(window.start), Date.parse(window.end)];
  if (withDay) return span(start, end, place);
  const midnight = wall(end, place.zone).hour === 0 && wall(end, place.zone).minute === 0;
  return `${clock(start, place)}–${midnight ? "24:00" : clock(end, place)}`;
}

/** "-31 %" from the mean, as a share for `percent`; null where there is no sound mean. */
export function differenceShare(window: PriceWindow): number | null {
  return window.difference_percent === null ? null : window.difference_percent / 100;
}

export interface DayRow {
  key: string;
  day: string;
  best: PriceWindow | null;
  worst: PriceWindow | null;
  /** 1: the day with the cheapest window. */
  rank: number | null;
}

/** The first window of each kind by day, with the days in order. */
export function dayRows(windows: Windows, place: Place): DayRow[] {
  return windows.days.map((day) => ({
    key: day.day,
    day: dayShort(Date.parse(day.start), place),
    best: day.best[0] ?? null,
    worst: day.worst[0] ?? null,
    rank: day.day_rank,
  }));
}
