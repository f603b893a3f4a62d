/** Forecast against outcome as the page shows it. */
import type { Answer } from "../api";
import { HOUR } from "./time";
import type { Span } from "./timeline";

export type Deviations = Answer<"/api/v1/insights/deviations">;
export type Point = Deviations["points"][number];
export type Lead = Deviations["leads"][number];
export type Models = Answer<"/api/v1/models">;
export type Scores = Answer<"/api/v1/forecasts/scores">;
export type LiveRecord = Scores["records"][number];

type Series = Models["series"][number];
type Kept = Series["models"][number]["versions"][number];

/** A kept version, and what choosing it would say: the newest sound one is chosen as "the newest", an older one is held to. */
export interface KeptRow extends Kept {
  model: string;
  newest: boolean;
  wish: { model: string; version: number | null };
  chosen: boolean;
  serves: boolean;
}

export interface Hour {
  start: number;
  end: number;
  price: number | null;
  forecast: number | null;
  low: number | null;
  high: number | null;
  naive: number | null;
  issue: number;
}

export function hoursOf(data: Deviations): Hour[] {
  return data.points.map((point) => {
    const start = Date.parse(point.start);
    return {
      start,
      end: start + data.resolution_min * 60_000,
      price: point.price,
      forecast: point.p50 ?? point.forecast,
      low: point.p10,
      high: point.p90,
      naive: point.naive,
      issue: point.issue,
    };
  });
}

/** Corners of a stepped line, with a gap where a value or an hour is missing. */
export function steps(hours: Hour[], pick: (hour: Hour) => number | null): [number, number | null][] {
  const found: [number, number | null][] = [];
  let before: Hour | null = null;
  for (const hour of hours) {
    if (before && (before.end !== hour.start || pick(before) === null)) found.push([before.end, null]);
    const value = pick(hour);
    if (value !== null) found.push([hour.start, value], [hour.end, value]);
    before = hour;
  }
  return found;
}

/** Hours in a row that have a band. */
export function banded(hours: Hour[]): Hour[][] {
  const runs: Hour[][] = [];
  for (const hour of hours) {
    if (hour.low === null || hour.high === null) continue;
    const last = runs.at(-1);
    if (last?.at(-1)?.end === hour.start) last.push(hour);
    else runs.push([hour]);
  }
  return runs;
}

export function boundsOf(hours: Hour[]): Span | null {
  const [first, last] = [hours[0], hours.at(-1)];
  return first && last ? { start: first.start, end: Math.max(last.end, first.start + 6 * HOUR) } : null;
}

/** Whether a price fell out of its band; null where either is not known. */
export function outside(hour: Hour): boolean | null {
  if (hour.price === null || hour.low === null || hour.high === null) return null;
  return hour.price < hour.low || hour.price > hour.high;
}

/** A round scale that holds every number: ends and step. */
export function scaleOf(hours: Hour[]): { min: number; max: number; step: number } {
  const values = hours.flatMap((hour) => [hour.price, hour.forecast, hour.low, hour.high]).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...values), Math.max(10, ...values)];
  const step = [5, 10, 20, 25, 50, 100, 200, 250, 500, 1000].find((one) => (high - low) / one <= 6) ?? 2000;
  return { min: Math.floor(low / step) * step, max: Math.ceil(high / step) * step, step };
}

/** How a share of hours inside a band compares with what the band promises. */
export function coverageWord(share: number, nominal: number): "narrow" | "wide" | "kept" {
  if (share < nominal - 0.05) return "narrow";
  return share > nominal + 0.05 ? "wide" : "kept";
}

/** By how much the error is smaller than the copy's, as a share of it; negative: larger. Null without both. */
export function gain(mae: number | null, naive: number | null): number | null {
  return mae === null || naive === null || naive <= 0 ? null : 1 - mae / naive;
}

/** The record of who speaks for a series, else of any model of it. */
export function recordOf(scores: Scores | null, series: string, model: string): LiveRecord | null {
  const own = scores?.records.filter((record) => record.series === series) ?? [];
  return own.find((record) => record.model === model) ?? own[0] ?? null;
}

/** All kept versions of a series, model by model. `chosen` is the choice made, also where the settings let another one serve. */
export function keptRows(one: Series): KeptRow[] {
  return one.models.flatMap(({ model, versions }) => {
    const latest = versions.find((kept) => kept.state === "ok");
    return versions.map((kept) => {
      const newest = kept === latest;
      const wish = { model, version: newest ? null : kept.version };
      const chosen = one.champion.model === model && one.champion.version === wish.version;
      const serves = one.serving.model === model && one.serving.version === kept.version;
      return { ...kept, model, newest, wish, chosen, serves };
    });
  });
}
