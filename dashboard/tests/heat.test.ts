import { describe, expect, it } from "vitest";

import { dayStart, endsOf, fifths, gridOf, levelAmong, pricePoints, scorePoints, type Point } from "../src/pure/heat";
import { HOUR } from "../src/pure/time";
import type { Slot } from "../src/pure/timeline";

const ZONE = "Europe/Madrid";
const QUARTER = HOUR / 4;
const at = (text: string): number => Date.parse(text);

function quarters(from: number, to: number, value: (ms: number) => number): Point[] {
  return Array.from({ length: (to - from) / QUARTER }, (_, index) => {
    const start = from + index * QUARTER;
    return { start, end: start + QUARTER, value: value(start), forecast: false, level: null };
  });
}

describe("days by hours", () => {
  it.each([
    ["2026-03-10T00:00:00+01:00", "2026-03-11T00:00:00+01:00", 24, 24],
    ["2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 24, 23],
    ["2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00", 25, 25],
  ])("have the hours of the clock: %s", (from, to, columns, real) => {
    const grid = gridOf(quarters(at(from), at(to), () => 1), 0, ZONE);
    expect(grid.hours).toHaveLength(columns);
    expect(grid.days).toHaveLength(1);
    const cells = grid.days[0]?.cells ?? [];
    expect(cells.filter((cell) => cell !== null)).toHaveLength(real);
    expect(cells.every((cell) => cell === null || cell.value === 1)).toBe(true);
  });

  it("tell the two hours of October apart and keep each in its place", () => {
    const first = at("2025-10-26T02:00:00+02:00");
    const points = quarters(at("2025-10-25T00:00:00+02:00"), at("2025-10-27T00:00:00+01:00"), (ms) => (ms < first ? 0 : ms < first + HOUR ? 5 : 9));
    const { hours, days } = gridOf(points, 0, ZONE);
    const twice = hours.flatMap((one, index) => (one.hour === 2 ? [index] : []));
    expect(twice).toEqual([2, 3]);
    expect(twice.map((index) => days[1]?.cells[index]?.value)).toEqual([5, 9]);
    expect(days[0]?.cells[3]).toBeNull();
    expect(days[0]?.cells[2]?.value).toBe(0);
  });

  it("give the mean of an hour only where all of it is known", () => {
    const start = at("2026-03-10T00:00:00+01:00");
    const points = quarters(start, start + 3 * HOUR, (ms) => (ms - start) / QUARTER);
    points.splice(6, 1);
    const cells = gridOf(points, start + 2.5 * HOUR, ZONE).days[0]?.cells ?? [];
    expect(cells.slice(0, 4).map((cell) => cell?.value ?? null)).toEqual([1.5, null, 9.5, null]);
    expect(cells.slice(0, 3).map((cell) => [cell?.past, cell?.now])).toEqual([[true, false], [true, false], [false, true]]);
  });

  it("keep a day without data between two with it", () => {
    const start = at("2026-03-10T00:00:00+01:00");
    const points = [...quarters(start, start + HOUR, () => 1), ...quarters(start + 50 * HOUR, start + 51 * HOUR, () => 2)];
    const grid = gridOf(points, 0, ZONE);
    expect(grid.days).toHaveLength(3);
    expect(grid.days[1]?.cells.every((cell) => cell?.value === null)).toBe(true);
    expect(gridOf([], 0, ZONE)).toEqual({ hours: [], days: [], ranges: [] });
  });

  it("begin at local midnight, also on the days the clock changes", () => {
    for (const [moment, midnight] of [
      ["2026-03-29T20:00:00+02:00", "2026-03-29T00:00:00+01:00"],
      ["2025-10-26T20:00:00+01:00", "2025-10-26T00:00:00+02:00"],
      ["2026-03-10T00:00:00+01:00", "2026-03-10T00:00:00+01:00"],
    ] as const) {
      expect(dayStart(at(moment), ZONE)).toBe(at(midnight));
    }
  });
});

describe("levels", () => {
  it("are fifths of what is to come; equals are together", () => {
    const parts = fifths([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([1, 3, 5, 7, 10].map((value) => levelAmong(value, parts))).toEqual(["very_low", "low", "normal", "high", "very_high"]);
    const same = fifths([4, 4, 4]);
    expect([3, 4, 5].map((value) => levelAmong(value, same))).toEqual(["low", "normal", "high"]);
    expect(levelAmong(4, [])).toBe("normal");
  });

  it("do not let the past set the ranges that are told", () => {
    const start = at("2026-03-10T00:00:00+01:00");
    const grid = gridOf(quarters(start, start + 24 * HOUR, (ms) => (ms < start + 2 * HOUR ? 1000 : (ms - start) / HOUR)), start + 2 * HOUR, ZONE);
    expect(Math.max(...grid.ranges.map((range) => range.high))).toBeLessThan(24);
    expect(grid.ranges.map((range) => range.level)).toEqual(["very_low", "low", "normal", "high", "very_high"]);
    for (const [index, range] of grid.ranges.entries()) expect(range.low).toBeGreaterThan(grid.ranges[index - 1]?.high ?? -1);
    expect(endsOf(grid)?.low.start).toBe(start + 2 * HOUR);
    expect(endsOf(grid)?.high.start).toBe(start + 23 * HOUR);
  });

  it("of advice are its grades", () => {
    const hour = { start: "2026-03-10T22:00:00+01:00", score: 4.7, grade: "Halt", price_eur_kwh: 0.28, low_eur_kwh: 0.28, high_eur_kwh: 0.28, published: false, rule_score: 4.7, rule_grade: "Halt" } as const;
    const [point] = scorePoints({ hours: [hour] } as never);
    expect(point).toMatchObject({ value: 4.7, level: "very_high", forecast: true });
  });

  it("leave out slots without a price", () => {
    const slot = { start: 0, end: HOUR, origin: "published", mwh: 5, allIn: null } as Slot;
    expect(pricePoints([slot], "allIn")).toEqual([]);
    expect(pricePoints([slot], "market")).toHaveLength(1);
  });
});
