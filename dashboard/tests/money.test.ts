import { describe, expect, it } from "vitest";

import { groupsOf, monthsOf, monthText, periodOf, priceOf, runsOfDays, type BillLine } from "../src/pure/bill";
import { armShares, barsOf, daysLater, firstShown, nextSettled, periodStart, stateOf, type Week } from "../src/pure/ledger";
import { shiftWeek } from "../src/pure/reports";

const MADRID = "Europe/Madrid";
const NOW = Date.parse("2026-03-10T21:00:00+01:00");

function week(end: string, status: Week["status"], saving: number | null = null): Week {
  const start = new Date(daysLater(Date.parse(end), -7, MADRID)).toISOString();
  return { id: end, window: { start, end }, status, saving_eur: saving, days: [] } as unknown as Week;
}

describe("the savings ledger", () => {
  it("counts a week to the month and the year in which it ends", () => {
    expect(new Date(periodStart("month", NOW, MADRID)).toISOString()).toBe("2026-02-28T23:00:00.000Z");
    expect(new Date(periodStart("year", NOW, MADRID)).toISOString()).toBe("2025-12-31T23:00:00.000Z");
    expect(new Date(periodStart("week", NOW, MADRID)).toISOString()).toBe("2026-01-08T23:00:00.000Z");
  });

  it("keeps the wall time over a clock change", () => {
    const before = Date.parse("2026-03-28T14:00:00+01:00");
    expect(daysLater(before, 7, MADRID) - before).toBe((7 * 24 - 1) * 3_600_000);
    expect(daysLater(daysLater(before, 7, MADRID), -7, MADRID)).toBe(before);
  });

  it("tells a week under way from one that waits for prices", () => {
    expect(stateOf(week("2026-03-14T14:00:00+01:00", "provisional"), NOW)).toBe("under_way");
    expect(stateOf(week("2026-03-07T14:00:00+01:00", "provisional"), NOW)).toBe("waiting");
    expect(stateOf(week("2026-03-07T14:00:00+01:00", "incomplete"), NOW)).toBe("incomplete");
  });

  it("sums what can be compared and shows the newest closed week first", () => {
    const weeks = [week("2026-02-21T14:00:00+01:00", "closed", 40.5), week("2026-02-28T14:00:00+01:00", "incomplete"), week("2026-03-07T14:00:00+01:00", "closed", -10), week("2026-03-14T14:00:00+01:00", "provisional", 5)];
    expect(barsOf(weeks, NOW).map((bar) => [bar.saving, bar.total])).toEqual([[40.5, 40.5], [null, 40.5], [-10, 30.5], [5, 35.5]]);
    expect(firstShown(weeks)).toBe(weeks[2]);
    expect(firstShown([])).toBeNull();
  });

  it("says when the next whole week is over", () => {
    const saturday = (day: string): number => Date.parse(`2026-${day}T14:00:00+01:00`);
    const next = (weeks: Week[], last: number | null = null): number | null => nextSettled(weeks, last, NOW, MADRID);
    expect(next([week("2026-03-14T14:00:00+01:00", "provisional")])).toBe(saturday("03-14"));
    expect(next([week("2026-03-14T14:00:00+01:00", "incomplete")])).toBe(saturday("03-21"));
    expect(next([week("2026-03-07T14:00:00+01:00", "closed", 1)])).toBe(saturday("03-14"));
    expect(next([], saturday("03-07"))).toBe(saturday("03-21"));
    expect(next([])).toBeNull();
  });

  it("draws arms as shares of the dearest and leaves out what is not there", () => {
    const arm = (eur: number) => ({ eur, energy_eur: eur, excess_eur: 0, kwh: 1, batches: 1 });
    expect(armShares({ baseline: arm(200), plan: arm(150), executed: arm(-4), hindsight: null })).toEqual({ baseline: 1, plan: 0.75, executed: 0, hindsight: null });
  });
});

describe("the bill", () => {
  const line = (kind: string, eur: number, more: Partial<BillLine> = {}): BillLine =>
    ({ name: kind, kind, computation: "", quantity: 1, unit: "kW", price: 1, price_unit: "EUR/kW", factor: 1, exact_eur: eur, eur, source: "contract", confidence: null, ...more });

  it("offers months that have a day that ended", () => {
    expect(monthsOf(NOW, MADRID).slice(0, 3)).toEqual(["2026-03", "2026-02", "2026-01"]);
    expect(monthsOf(Date.parse("2026-03-01T00:30:00+01:00"), MADRID)[0]).toBe("2026-02");
    expect(monthText("2026-03", "es-ES")).toBe("marzo de 2026");
  });

  it("groups lines so that every cent is in one group", () => {
    const lines = [line("energy", 0.1), line("access", 0.2), line("power", 1.05), line("vat", 3), line("new thing", 0.07)];
    const groups = groupsOf(lines);
    expect(groups.map(({ group, eur }) => [group, eur])).toEqual([["power", 1.05], ["energy", 0.3], ["other", 0.07], ["taxes", 3]]);
    expect(groups.flatMap((group) => group.lines)).toHaveLength(lines.length);
  });

  it("writes prices as people read them", () => {
    expect(priceOf(line("access", 1, { price: 38.914, price_unit: "EUR/MWh", unit: "kWh", factor: 0.001 }))).toEqual({ value: 0.038914, digits: 6, unit: "EUR/kWh", share: "" });
    expect(priceOf(line("power", 1, { price: 20.376927, price_unit: "EUR/kW·year", factor: 9 / 365, computation: "80 kW × 20.376927 EUR/kW·year × 9/365" }))?.share).toBe("9/365");
    expect(priceOf(line("vat", 1, { price: 21, price_unit: "%", factor: 0.01 }))).toEqual({ value: 21, digits: 0, unit: "%", share: "" });
    expect(priceOf(line("energy", 1, { price: null }))).toBeNull();
  });

  it("names periods and runs of days", () => {
    expect([periodOf({ name: "power P6" }), periodOf({ name: "VAT" })]).toEqual(["P6", ""]);
    expect(runsOfDays(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-05"])).toEqual([["2026-02-27", "2026-03-01"], ["2026-03-05", "2026-03-05"]]);
  });
});

describe("weeks of reports", () => {
  it("counts over the ends of years", () => {
    expect(shiftWeek("2026-W01", -1)).toBe("2025-W52");
    expect(shiftWeek("2020-W53", 1)).toBe("2021-W01");
    expect(shiftWeek("2026-W10", -9)).toBe("2026-W01");
    expect(shiftWeek("2026-W10", 0)).toBe("2026-W10");
  });
});
