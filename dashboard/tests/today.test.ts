import { describe, expect, it } from "vitest";

import type { Dashboard } from "../src/api";
import { HOUR } from "../src/pure/time";
import { holesOf, type Slot } from "../src/pure/timeline";
import { dayName, durationText, paidAt, runsAhead, savingToday, savingYesterday, type Ledger, type UnderWay } from "../src/pure/today";

const ZONE = "Europe/Madrid";
const now = Date.parse("2026-03-11T12:00:00+01:00");
type Run = NonNullable<Dashboard["plan"]>["runs"][number];

function run(batch: string, process: string, start: number, hours: number): Run {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    batch, product: "standard", process, machine: process, unit: 1, mode: "", energy_kwh: 1, cost_eur: 1, why: "",
    start: iso(now + start * HOUR), end: iso(now + (start + hours) * HOUR),
  };
}

function plan(runs: Run[]): Dashboard["plan"] {
  return { runs, begun: [] } as unknown as Dashboard["plan"];
}

describe("durations", () => {
  it.each([
    [20_000, "1 min"], [45 * 60_000, "45 min"], [HOUR, "1 h"], [8 * HOUR + 55 * 60_000, "8 h 55 min"],
    [24 * HOUR, "1 d"], [76 * HOUR, "3 d 4 h"],
  ])("%d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe("what the site pays at a moment", () => {
  it("is that of the slot, and nothing in a hole", () => {
    const slots = [{ start: 0, end: HOUR, allIn: 0.1 }, { start: 2 * HOUR, end: 3 * HOUR, allIn: 0.3 }] as Slot[];
    expect([0, HOUR - 1, HOUR, 2 * HOUR, 3 * HOUR].map((ms) => paidAt(slots, ms))).toEqual([0.1, 0.1, null, 0.3, null]);
  });
});

describe("holes", () => {
  it("are the times between slots that none covers", () => {
    const slots = [0, 1, 4, 5, 7].map((hour) => ({ start: hour * HOUR, end: (hour + 1) * HOUR }));
    expect(holesOf(slots).map((hole) => [hole.start / HOUR, hole.end / HOUR])).toEqual([[2, 4], [6, 7]]);
    expect(holesOf([])).toEqual([]);
  });
});

describe("today's saving", () => {
  const ledger = (day: string, status: string, eur: number | null): Ledger =>
    ({ weeks: [{ days: [{ day, status, saving_eur: eur }] }] }) as unknown as Ledger;

  it("is what the plan expects until the ledger has settled the day", () => {
    expect(savingToday(12, null, now, ZONE)).toEqual({ eur: 12, settled: false });
    expect(savingToday(12, ledger("2026-03-11", "open", null), now, ZONE)).toEqual({ eur: 12, settled: false });
    expect(savingToday(12, ledger("2026-03-11", "settled", 9.5), now, ZONE)).toEqual({ eur: 9.5, settled: true });
    expect(savingToday(null, ledger("2026-03-10", "settled", 9.5), now, ZONE)).toBeNull();
    expect(savingYesterday(ledger("2026-03-10", "settled", -2), now, ZONE)).toBe(-2);
  });

  it("belongs to the local day", () => {
    const lateEvening = Date.parse("2026-03-10T23:30:00Z");
    expect(dayName(lateEvening, ZONE)).toBe("2026-03-11");
    expect(dayName(Date.parse("2026-03-01T00:10:00+01:00"), ZONE, 1)).toBe("2026-02-28");
  });
});

describe("runs now and next", () => {
  const runs = [run("b", "mix", 3, 1), run("a", "conche", -2, 5), run("old", "mix", -5, 2), run("c", "mix", 20, 1), run("d", "mix", 50, 1)];

  it("are those in progress and of today in order of time, at least as many as wanted", () => {
    const found = runsAhead(plan(runs), null, now, ZONE, 1);
    expect(found.shown.map((item) => [item.batch, item.running])).toEqual([["a", true], ["b", false]]);
    expect(found.more).toBe(1);
    expect(found.shown[0]?.done).toBeCloseTo(0.4);
    expect(runsAhead(plan(runs), null, now, ZONE, 3).shown.map((item) => item.batch)).toEqual(["a", "b", "c"]);
    expect(runsAhead(null, null, now, ZONE, 3)).toEqual({ shown: [], more: 0 });
  });

  it("are told as the log has them where it knows them", () => {
    const { energy_kwh: _, cost_eur: __, why: ___, ...placed } = run("a", "conche", -1, 5);
    const under: UnderWay[] = [{ ...placed, unit: 3, reported: true }];
    const [first, ...rest] = runsAhead(plan(runs), under, now, ZONE, 1).shown;
    expect([first?.unit, first?.reported, first?.start]).toEqual([3, true, now - HOUR]);
    expect(rest.map((item) => item.batch)).toEqual(["b"]);
  });
});
