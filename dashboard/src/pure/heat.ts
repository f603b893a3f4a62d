/** Days by hours: prices or scores as a table whose days may have 23, 24 or 25 hours. */
import type { Answer, Level } from "../api";
import { HOUR, wall } from "./time";
import { isForecast, priceOf, type Slot, type Span, type Unit } from "./timeline";

export type Advice = Answer<"/api/v1/insights/advice">;
export type Grade = Advice["hours"][number]["grade"];

export interface Point extends Span {
  value: number;
  forecast: boolean;
  /** Given by who made the value; null: found by comparing with the others. */
  level: Level | null;
}

export interface Cell extends Span {
  /** Mean over the hour; null where a part of it is not known. */
  value: number | null;
  forecast: boolean;
  past: boolean;
  now: boolean;
  level: Level | null;
}

export interface Hour {
  /** 0 to 23. */
  hour: number;
  /** The second of two hours that the clock shows alike. */
  again: boolean;
}

export interface Day {
  start: number;
  /** One for each hour of the grid; null where the day has no such hour. */
  cells: (Cell | null)[];
}

export interface Range {
  level: Level;
  low: number;
  high: number;
}

export interface Grid {
  hours: Hour[];
  days: Day[];
  /** From the lowest to the highest value of each level among the hours to come; levels without an hour are left out. */
  ranges: Range[];
}

export const LEVELS: Level[] = ["very_low", "low", "normal", "high", "very_high"];
const GRADE_LEVELS: Record<Grade, Level> = { Optimal: "very_low", Moderate: "low", Reduced: "high", Halt: "very_high" };

export function pricePoints(slots: Slot[], unit: Unit): Point[] {
  return slots.flatMap((slot) => {
    const value = priceOf(slot, unit);
    return value === null ? [] : [{ start: slot.start, end: slot.end, value, forecast: isForecast(slot), level: null }];
  });
}

export function scorePoints(advice: Advice): Point[] {
  return advice.hours.map((hour) => {
    const start = Date.parse(hour.start);
    return { start, end: start + HOUR, value: hour.score, forecast: !hour.published, level: GRADE_LEVELS[hour.grade] };
  });
}

/** Local midnight of the day that holds a moment. */
export function dayStart(ms: number, zone: string): number {
  const here = wall(ms, zone);
  let start = ms - (here.hour * 60 + here.minute) * 60_000;
  for (const shift of [-HOUR, HOUR]) {
    const found = wall(start, zone);
    if (found.hour === 0 && found.minute === 0 && found.day === here.day) return start;
    const other = wall(start + shift, zone);
    if (other.hour === 0 && other.minute === 0 && other.day === here.day) start += shift;
  }
  return start;
}

/** Starts of the hours of the local day that begins at a moment: 23, 24 or 25. */
function hoursOf(start: number, zone: string): (Hour & { start: number })[] {
  const day = wall(start, zone).day;
  const hours: (Hour & { start: number })[] = [];
  for (let ms = start; wall(ms, zone).day === day; ms += HOUR) {
    const { hour } = wall(ms, zone);
    hours.push({ start: ms, hour, again: hours.some((one) => one.hour === hour) });
  }
  return hours;
}

function cellOf(span: Span, points: Point[], now: number): Cell {
  const inside = points.filter((point) => point.start < span.end && point.end > span.start);
  const weights = inside.map((point) => Math.min(point.end, span.end) - Math.max(point.start, span.start));
  const known = weights.reduce((sum, weight) => sum + weight, 0);
  const sum = inside.reduce((total, point, index) => total + point.value * (weights[index] ?? 0), 0);
  return {
    ...span,
    value: known === span.end - span.start ? sum / known : null,
    forecast: inside.some((point) => point.forecast),
    past: span.end <= now,
    now: span.start <= now && now < span.end,
    level: inside[0]?.level ?? null,
  };
}

/** The values that part sorted ones into five groups of the same size. */
export function fifths(values: number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return [0.2, 0.4, 0.6, 0.8].map((share) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? 0;
    return below + ((sorted[Math.ceil(place)] ?? below) - below) * (place % 1);
  });
}

/** The fifth a value is in, equals together; the middle one where all are alike. */
export function levelAmong(value: number, parts: number[]): Level {
  if (parts.length === 0 || parts[0] === parts.at(-1)) {
    const only = parts[0];
    return only === undefined || value === only ? "normal" : value < only ? "low" : "high";
  }
  return LEVELS[parts.filter((part) => value > part).length] ?? "normal";
}

function rangesOf(cells: Cell[]): Range[] {
  return LEVELS.flatMap((level) => {
    const values = cells.flatMap((cell) => (cell.level === level && !cell.past && cell.value !== null ? [cell.value] : []));
    return values.length > 0 ? [{ level, low: Math.min(...values), high: Math.max(...values) }] : [];
  });
}

/** The table of some points; its days go from that of the first to that of the last, holes and all. */
export function gridOf(points: Point[], now: number, zone: string): Grid {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return { hours: [], days: [], ranges: [] };
  const days: { start: number; hours: (Hour & { start: number })[] }[] = [];
  for (let start = dayStart(first.start, zone); start < last.end; ) {
    const hours = hoursOf(start, zone);
    days.push({ start, hours });
    start += hours.length * HOUR;
  }
  const repeated = new Set(days.flatMap((day) => day.hours.flatMap((one) => (one.again ? [one.hour] : []))));
  const hours = Array.from({ length: 24 }, (_, hour) => hour).flatMap((hour) =>
    repeated.has(hour) ? [{ hour, again: false }, { hour, again: true }] : [{ hour, again: false }],
  );
  const filled = days.map((day): Day => {
    const end = day.start + day.hours.length * HOUR;
    const own = points.filter((point) => point.start < end && point.end > day.start);
    return {
      start: day.start,
      cells: hours.map(({ hour, again }) => {
        const real = day.hours.find((one) => one.hour === hour && one.again === again);
        return real ? cellOf({ start: real.start, end: real.start + HOUR }, own, now) : null;
      }),
    };
  });
  const cells = filled.flatMap((day) => day.cells.filter((cell): cell is Cell => cell !== null));
  const parts = fifths(cells.flatMap((cell) => (cell.value !== null && !cell.past ? [cell.value] : [])));
  for (const cell of cells) {
    if (cell.value !== null && cell.level === null) cell.level = levelAmong(cell.value, parts);
  }
  return { hours, days: filled, ranges: rangesOf(cells) };
}

export type Known = Cell & { value: number };

/** The hours to come with the lowest and the highest value, the earliest of equals; null where none is known. */
export function endsOf(grid: Grid): { low: Known; high: Known } | null {
  const cells = grid.days
    .flatMap((day) => day.cells)
    .filter((cell): cell is Known => cell !== null && cell.value !== null && !cell.past)
    .sort((a, b) => a.start - b.start);
  const [first] = cells;
  if (!first) return null;
  return {
    low: cells.reduce((best, cell) => (cell.value < best.value ? cell : best), first),
    high: cells.reduce((best, cell) => (cell.value > best.value ? cell : best), first),
  };
}
