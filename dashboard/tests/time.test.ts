import { describe, expect, it } from "vitest";

import { clock, dayClock, daysApart, HOUR, isRepeated, span, ticks, wall } from "../src/pure/time";

const madrid = { zone: "Europe/Madrid", locale: "es-ES" };
const at = (text: string): number => Date.parse(text);

describe("local times of the site", () => {
  it("do not depend on the browser's zone", () => {
    expect(dayClock(at("2026-03-10T21:00:00+01:00"), madrid)).toBe("mar 10 21:00");
    expect(dayClock(at("2026-03-10T21:00:00+01:00"), { zone: "Asia/Tokyo", locale: "en-GB" })).toBe("Wed 11 05:00");
  });

  it("tell the two 02:30 of the 25-hour day apart", () => {
    const first = at("2025-10-26T02:30:00+02:00");
    expect(clock(first, madrid)).toBe("02:30 CEST");
    expect(clock(first + HOUR, madrid)).toBe("02:30 CET");
    expect(clock(first - HOUR, madrid)).toBe("01:30");
    expect(clock(first + 2 * HOUR, madrid)).toBe("03:30");
  });

  it("are never ambiguous when clocks go forward", () => {
    const before = at("2026-03-29T01:45:00+01:00");
    expect(isRepeated(before, "Europe/Madrid")).toBe(false);
    expect(clock(before + 15 * 60_000, madrid)).toBe("03:00");
  });

  it("name the second day of a span only when it is another one", () => {
    expect(span(at("2026-03-10T21:00:00Z"), at("2026-03-10T22:00:00Z"), madrid)).toBe("mar 10 22:00–23:00");
    expect(span(at("2026-03-10T21:00:00Z"), at("2026-03-11T05:00:00Z"), madrid)).toBe("mar 10 22:00–mié 11 06:00");
  });

  it("count calendar days, also over a change of clocks", () => {
    expect(daysApart(at("2025-10-25T23:30:00+02:00"), at("2025-10-26T00:30:00+02:00"), madrid.zone)).toBe(1);
    expect(daysApart(at("2025-10-26T00:30:00+02:00"), at("2025-10-26T23:30:00+01:00"), madrid.zone)).toBe(0);
    expect(daysApart(at("2025-10-25T12:00:00+02:00"), at("2025-11-01T12:00:00+01:00"), madrid.zone)).toBe(7);
  });
});

describe("ticks", () => {
  const from = at("2025-10-26T00:00:00+02:00");

  it("show both 02:00 of the 25-hour day at hourly steps", () => {
    const shown = ticks(from, from + 25 * HOUR, madrid.zone, 30);
    expect(shown).toHaveLength(26);
    expect(shown.map((ms) => clock(ms, madrid)).slice(1, 5)).toEqual(["01:00", "02:00 CEST", "02:00 CET", "03:00"]);
  });

  it("stay on round local hours after a change of clocks, and are never more than asked", () => {
    for (const most of [2, 5, 9, 16, 40]) {
      const shown = ticks(from, from + 7 * 24 * HOUR, madrid.zone, most);
      expect(shown.length).toBeLessThanOrEqual(most);
      expect(shown.length).toBeGreaterThan(0);
      for (const ms of shown) expect(wall(ms, madrid.zone).minute).toBe(0);
    }
    const daily = ticks(from, from + 7 * 24 * HOUR, madrid.zone, 9);
    expect(new Set(daily.map((ms) => wall(ms, madrid.zone).hour))).toEqual(new Set([0]));
  });
});
