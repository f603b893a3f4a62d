/** Climate, weather and correlations: scales, shares and rows of plain data. */
import type { Answer, Level } from "../api";
import { dayStart, fifths, levelAmong } from "./heat";
import { HOUR } from "./time";

export type Climate = Answer<"/api/v1/analysis/climate">;
export type Quantity = Climate["months"][number]["quantity"];
export type MonthSpread = Climate["months"][number];
export type LimitDays = Climate["limits"][number];
export type WeekDay = Climate["week"]["days"][number];
export type Figure = WeekDay["figures"][number];
export type Trend = Climate["trends"][number];
export type Seasons = Answer<"/api/v1/analysis/seasons">;
export type SeasonSeries = Seasons["series"][number];
export type Beyond = Answer<"/api/v1/analysis/thresholds">;
export type Correlations = Answer<"/api/v1/analysis/correlations">;
export type Pair = Correlations["pairs"][number];
export type Forecast = Answer<"/api/v1/weather/forecast">;

export const QUANTITIES: Quantity[] = ["temperature_max", "temperature_mean", "temperature_min", "humidity_max", "humidity_mean", "humidity_min"];

export interface Scale {
  min: number;
  max: number;
  ticks: number[];
}

const STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500];

/** Round numbers around some values, with at most so many steps. */
export function scaleOf(values: number[], most = 5): Scale {
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const step = [0.1, 0.2, 0.5, ...STEPS].find((one) => Math.ceil(high / one - 1e-9) - Math.floor(low / one + 1e-9) <= most) ?? 1000;
  const from = Math.floor(low / step + 1e-9);
  const to = Math.max(from + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => Number(((from + index) * step).toFixed(6)));
  return { min: from * step, max: to * step, ticks };
}

/** Where a value is on a scale, in percent; within it. */
export function shareOf(value: number, scale: { min: number; max: number }): number {
  const share = (100 * (value - scale.min)) / (scale.max - scale.min);
  return Number(Math.min(100, Math.max(0, share)).toFixed(3));
}

/** The twelve months of a quantity, January first; null where nothing is known. */
export function spreadsOf(climate: Climate, quantity: Quantity): (MonthSpread | null)[] {
  return Array.from({ length: 12 }, (_, month) => climate.months.find((one) => one.quantity === quantity && one.month === month + 1) ?? null);
}

export function limitsOf(climate: Climate, quantity: Quantity): LimitDays[] {
  return climate.limits.filter((limit) => limit.quantity === quantity);
}

/** The months in which the middle of the years is lowest and highest. */
export function middleEnds(spreads: (MonthSpread | null)[]): { low: MonthSpread; high: MonthSpread } | null {
  const known = spreads.filter((one): one is MonthSpread => one !== null);
  const [first] = known;
  if (!first) return null;
  return {
    low: known.reduce((best, one) => (one.p50 < best.p50 ? one : best), first),
    high: known.reduce((best, one) => (one.p50 > best.p50 ? one : best), first),
  };
}

/** Whether so many days of a year are known that its count can stand beside others: nine of ten. */
export function isWhole(row: { year: number; known: number }): boolean {
  return row.known >= 329;
}

/** The whole year with the most days above a limit. */
export function mostAbove(limit: LimitDays): LimitDays["by_year"][number] | null {
  return limit.by_year.filter(isWhole).reduce<LimitDays["by_year"][number] | null>((best, row) => (best === null || row.days > best.days ? row : best), null);
}

export function figureOf(day: WeekDay, quantity: Quantity): Figure | null {
  return day.figures.find((figure) => figure.quantity === quantity) ?? null;
}

/** How far a day of the week is from normal; the known day that is furthest. */
export function furthest(days: WeekDay[], quantity: Quantity): { day: WeekDay; figure: Figure; difference: number } | null {
  let found: { day: WeekDay; figure: Figure; difference: number } | null = null;
  for (const day of days) {
    const figure = figureOf(day, quantity);
    if (!figure || figure.difference === null) continue;
    if (!found || Math.abs(figure.difference) > Math.abs(found.difference)) found = { day, figure, difference: figure.difference };
  }
  return found;
}

export interface ForecastDay {
  start: number;
  /** Hours with a temperature, and those the day has. */
  known: number;
  hours: number;
  low: number;
  high: number;
  /** Greatest humidity, percent; null where none is forecast. */
  humidity: number | null;
}

/** Local days of a forecast with their least and greatest temperature; a day of which under 20 hours are told is left out. */
export function forecastDays(forecast: Forecast, zone: string, most = 7): ForecastDay[] {
  const days = new Map<number, { temperature: number[]; humidity: number[] }>();
  for (const hour of forecast.hours) {
    const start = dayStart(Date.parse(hour.start), zone);
    const day = days.get(start) ?? { temperature: [], humidity: [] };
    const [temperature, humidity] = [hour.values["temperature"]?.value, hour.values["humidity"]?.value];
    if (temperature !== undefined) day.temperature.push(temperature);
    if (humidity !== undefined) day.humidity.push(humidity);
    days.set(start, day);
  }
  return [...days]
    .filter(([, day]) => day.temperature.length >= 20)
    .slice(0, most)
    .map(([start, day]) => ({
      start,
      known: day.temperature.length,
      hours: Math.round((dayStart(start + 26 * HOUR, zone) - start) / HOUR),
      low: Math.min(...day.temperature),
      high: Math.max(...day.temperature),
      humidity: day.humidity.length > 0 ? Math.max(...day.humidity) : null,
    }));
}

export interface SeasonCell {
  value: number | null;
  level: Level | null;
}

/** Months by hours with the fifth that each mean is in. */
export function seasonCells(series: SeasonSeries): SeasonCell[][] {
  const parts = fifths(series.by_month_and_hour.flat().filter((value): value is number => value !== null));
  return series.by_month_and_hour.map((row) => row.map((value) => ({ value, level: value === null ? null : levelAmong(value, parts) })));
}

/** Where the means are lowest and highest: month 1 to 12, hour 0 to 23. */
export function seasonEnds(series: SeasonSeries): { low: SeasonSpot; high: SeasonSpot } | null {
  const spots = series.by_month_and_hour.flatMap((row, month) =>
    row.flatMap((value, hour): SeasonSpot[] => (value === null ? [] : [{ month: month + 1, hour, value }])),
  );
  const [first] = spots;
  if (!first) return null;
  return {
    low: spots.reduce((best, one) => (one.value < best.value ? one : best), first),
    high: spots.reduce((best, one) => (one.value > best.value ? one : best), first),
  };
}

export interface SeasonSpot {
  month: number;
  hour: number;
  value: number;
}

/** The figure a verdict rests on: the smaller of both. */
export function verdictFigure(pair: Pair): { value: number; low: number; high: number } | null {
  const { pearson, spearman } = pair;
  if (!pearson || !spearman) return pearson ?? spearman;
  return Math.abs(spearman.value) < Math.abs(pearson.value) ? spearman : pearson;
}
