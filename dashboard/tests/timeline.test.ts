import { describe, expect, it } from "vitest";

import { HOUR } from "../src/pure/time";
import {
  barsOf,
  contractedFrom,
  extremes,
  greatestExcess,
  hasAllIn,
  isForecast,
  joined,
  knownUntil,
  moved,
  priceScale,
  rowsOf,
  stepPoints,
  viewOf,
  type Slot,
} from "../src/pure/timeline";

function slot(hour: number, mwh: number, more: Partial<Slot> = {}): Slot {
  return {
    start: hour * HOUR,
    end: (hour + 1) * HOUR,
    origin: "published",
    mwh,
    mwhLow: mwh - 5,
    mwhHigh: mwh + 10,
    allIn: mwh / 1000,
    allInLow: null,
    allInHigh: null,
    period: "P6",
    level: "normal",
    ...more,
  };
}

describe("prices", () => {
  const slots = [slot(0, 50), slot(1, -3), slot(2, 90), slot(3, -3, { origin: "forecast" })];

  it("have the earliest of equals as the cheapest, inside the span only", () => {
    const whole = extremes(slots, { start: 0, end: 4 * HOUR }, "market");
    expect([whole?.low.start, whole?.high.start]).toEqual([HOUR, 2 * HOUR]);
    expect(extremes(slots, { start: 0, end: HOUR }, "market")?.low).toBe(slots[0]);
    expect(extremes(slots, { start: 10 * HOUR, end: 11 * HOUR }, "market")).toBeNull();
  });

  it("are known until the first forecast slot", () => {
    expect(knownUntil(slots)).toBe(3 * HOUR);
    expect(knownUntil(slots.slice(0, 3))).toBe(3 * HOUR);
    expect(knownUntil([])).toBeNull();
    expect(slots.map(isForecast)).toEqual([false, false, false, true]);
  });

  it("are all-in only when every slot says so", () => {
    expect(hasAllIn(slots)).toBe(true);
    expect(hasAllIn([...slots, slot(4, 1, { allIn: null })])).toBe(false);
    expect(hasAllIn([])).toBe(false);
  });

  it("fit on an axis with zero, bands and whole steps", () => {
    const scale = priceScale(slots, "market");
    expect(scale.min).toBeLessThanOrEqual(-8);
    expect(scale.max).toBeGreaterThan(90);
    expect(scale.min / scale.step).toBeCloseTo(Math.round(scale.min / scale.step), 9);
    expect(priceScale([slot(0, 61)], "market").min).toBe(0);
    expect(priceScale([slot(0, 100)], "allIn").digits).toBe(2);
  });

  it("break the curve at a hole instead of bridging it", () => {
    const points = stepPoints([slot(0, 1), slot(1, 2), slot(3, 4)], (one) => one.mwh);
    expect(points.map(([ms, value]) => [ms / HOUR, value])).toEqual([
      [0, 1], [1, 2], [2, 2], [2, null], [3, 4], [4, 4], [4, null],
    ]);
    expect(stepPoints([], () => 0)).toEqual([]);
  });

  it("join into spans of one value", () => {
    const spans = joined([slot(0, 1, { period: "P1" }), slot(1, 1, { period: "P1" }), slot(2, 1), slot(4, 1)], (one) => one.period);
    expect(spans.map((one) => [one.value, (one.end - one.start) / HOUR])).toEqual([["P1", 2], ["P6", 1], ["P6", 1]]);
  });
});

describe("machines", () => {
  const rows = rowsOf([
    { name: "mixer", count: 1, power_kw: 11 },
    { name: "conche", count: 3, power_kw: 15 },
  ]);

  it("have a row for each unit", () => {
    expect(rows.map((row) => row.key)).toEqual(["mixer 1", "conche 1", "conche 2", "conche 3"]);
  });

  it("carry the bars of their runs", () => {
    const run = {
      batch: "b", product: "standard", process: "conche", machine: "conche", mode: "", unit: 2, energy_kwh: 75, cost_eur: 9,
      why: "", start: "2026-03-10T21:00:00+01:00", end: "2026-03-11T02:00:00+01:00",
    };
    const [bar, ...none] = barsOf([run, { ...run, machine: "gone" }], rows);
    expect(bar?.row).toBe(2);
    expect((bar?.end ?? 0) - (bar?.start ?? 0)).toBe(5 * HOUR);
    expect(none).toEqual([]);
  });
});

describe("contracted power", () => {
  it("holds from one change to the next, also where no price is known", () => {
    const contracted = contractedFrom([
      { start: "2026-03-10T08:00:00+01:00", kw: 80 },
      { start: "2026-03-11T00:00:00+01:00", kw: 130 },
    ]);
    const at = (text: string): number | null => contracted(Date.parse(text));
    expect(at("2026-03-10T07:45:00+01:00")).toBeNull();
    expect(at("2026-03-10T08:00:00+01:00")).toBe(80);
    expect(at("2026-03-10T23:45:00+01:00")).toBe(80);
    expect(at("2026-03-17T12:00:00+01:00")).toBe(130);
  });

  it("is exceeded only where it is known", () => {
    const load = { start: 0, end: HOUR, kw: 96, battery: null, stored: null, solar: null };
    expect(greatestExcess([{ ...load, contracted: 80 }, { ...load, contracted: null }])).toBe(16);
    expect(greatestExcess([{ ...load, contracted: 130 }])).toBe(0);
  });
});

describe("the view", () => {
  const bounds = { start: 0, end: 200 * HOUR };

  it("begins shortly before now and never leaves the bounds", () => {
    const view = viewOf(48, 21 * HOUR, bounds);
    expect(view.end - view.start).toBe(48 * HOUR);
    expect(view.start).toBeLessThan(21 * HOUR);
    expect(viewOf(24, 0, bounds).start).toBe(0);
    expect(viewOf(null, 21 * HOUR, bounds)).toEqual(bounds);
    expect(moved(view, 1000 * HOUR, bounds).end).toBe(bounds.end);
    expect(moved(view, -1000 * HOUR, bounds).start).toBe(bounds.start);
    expect(moved({ start: 0, end: 500 * HOUR }, 0, bounds)).toEqual(bounds);
  });
});
