import { describe, expect, it } from "vitest";

import { dayRows, differenceShare, knownBy, windowText, type PriceWindow, type Windows } from "../src/pure/windows";

const place = { zone: "Europe/Madrid", locale: "es-ES" };

function window(start: string, end: string, more: Partial<PriceWindow> = {}): PriceWindow {
  return {
    start, end, local_day: start.slice(0, 10), rank: 1, ties: 0, price_eur_kwh: 0.1, low_eur_kwh: null, high_eur_kwh: null,
    market_eur_mwh: 50, difference_percent: -12, shares: { published: 1, forecast: 0, sample: 0, contract: 0 }, ...more,
  };
}

describe("windows", () => {
  it("name their day, both days over midnight, and the two hours of October", () => {
    expect(windowText(window("2026-03-11T08:30:00+01:00", "2026-03-11T18:30:00+01:00"), place)).toBe("mié 11 08:30–18:30");
    expect(windowText(window("2026-03-11T22:00:00+01:00", "2026-03-12T02:00:00+01:00"), place)).toBe("mié 11 22:00–jue 12 02:00");
    expect(windowText(window("2026-03-11T20:00:00+01:00", "2026-03-12T00:00:00+01:00"), place, false)).toBe("20:00–24:00");
    expect(windowText(window("2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"), place, false)).toBe("02:00 CEST–02:00 CET");
  });

  it("say where their prices come from", () => {
    const by = (published: number, forecast: number, sample = 0, contract = 0): string =>
      knownBy(window("2026-03-11T08:30:00+01:00", "2026-03-11T18:30:00+01:00", { shares: { published, forecast, sample, contract } }));
    expect([by(1, 0), by(0, 1), by(0.5, 0.5), by(0, 0, 1), by(0, 0, 0, 1)]).toEqual(["published", "forecast", "mixed", "sample", "contract"]);
  });

  it("have no difference where there is no sound mean", () => {
    const base = window("2026-03-11T08:30:00+01:00", "2026-03-11T18:30:00+01:00");
    expect(differenceShare(base)).toBe(-0.12);
    expect(differenceShare({ ...base, difference_percent: null })).toBeNull();
  });

  it("come day by day, also where a day has none", () => {
    const best = window("2026-03-11T08:30:00+01:00", "2026-03-11T18:30:00+01:00");
    const day = { day: "2026-03-10", start: "2026-03-10T00:00:00+01:00", end: "2026-03-11T00:00:00+01:00", slots: 96, slots_known: 96, mean_eur_kwh: 0.2, day_rank: null, best: [], worst: [] };
    const rows = dayRows({ days: [day, { ...day, day: "2026-03-11", start: "2026-03-11T00:00:00+01:00", day_rank: 1, best: [best], worst: [best] }] } as unknown as Windows, place);
    expect(rows.map((row) => [row.day, row.best?.start ?? null, row.rank])).toEqual([["mar 10", null, null], ["mié 11", best.start, 1]]);
  });
});
