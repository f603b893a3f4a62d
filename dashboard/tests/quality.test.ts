import { describe, expect, it } from "vitest";

import { modelWords } from "../src/i18n/areas/models";
import { modelText } from "../src/pure/models";
import { banded, boundsOf, coverageWord, gain, keptRows, outside, recordOf, scaleOf, steps, type Hour, type Models, type Scores } from "../src/pure/quality";

const HOUR = 3_600_000;
function hour(at: number, price: number | null, forecast: number | null = null, band: [number, number] | null = null): Hour {
  return { start: at * HOUR, end: (at + 1) * HOUR, price, forecast, low: band?.[0] ?? null, high: band?.[1] ?? null, naive: null, issue: 0 };
}

describe("names of forecasters", () => {
  it("says in Spanish what a model had to do without", () => {
    const said: [string, string][] = [
      ["boosting", "boosting"],
      ["naive-kind (boosting needs 150 days, 3 are known)", "naive-kind (a boosting le hacen falta 150 días y hay 3)"],
      ["naive-kind (prophet found no optimum; new)", "naive-kind (prophet no encontró solución; new)"],
      ["mix (tomorrow without its spot price)", "mix (mañana, sin su precio de mercado)"],
    ];
    for (const [name, text] of said) {
      expect(modelText(name, modelWords.es)).toBe(text);
      expect(modelText(name, modelWords.en)).toBe(name);
    }
  });
});

describe("forecast against outcome", () => {
  it("breaks a line where an hour or its value is missing", () => {
    const hours = [hour(0, 5), hour(1, 6), hour(2, null), hour(3, 7), hour(5, 8)];
    expect(steps(hours, (one) => one.price).map(([ms, value]) => [ms / HOUR, value])).toEqual([
      [0, 5], [1, 5], [1, 6], [2, 6], [3, null], [3, 7], [4, 7], [4, null], [5, 8], [6, 8],
    ]);
  });

  it("joins hours with a band", () => {
    const band: [number, number] = [1, 2];
    expect(banded([hour(0, 1, 1, band), hour(1, 1, 1, band), hour(2, 1), hour(3, 1, 1, band)]).map((run) => run.length)).toEqual([2, 1]);
  });

  it("says which prices fell out of their band", () => {
    expect([hour(0, 3, 1, [1, 2]), hour(0, 2, 1, [1, 2]), hour(0, null, 1, [1, 2]), hour(0, 1)].map(outside)).toEqual([true, false, null, null]);
  });

  it("has a scale that holds negative prices and peaks", () => {
    const { min, max, step } = scaleOf([hour(0, -37, 20, [-40, 90]), hour(1, 247)]);
    expect(min).toBeLessThanOrEqual(-40);
    expect(max).toBeGreaterThanOrEqual(247);
    expect((max - min) / step).toBeLessThanOrEqual(8);
  });

  it("compares with the copy and with what bands promise", () => {
    expect(gain(15, 20)).toBe(0.25);
    expect([gain(null, 20), gain(15, null), gain(15, 0)]).toEqual([null, null, null]);
    expect([0.48, 0.78, 0.93].map((share) => coverageWord(share, 0.8))).toEqual(["narrow", "kept", "wide"]);
  });

  it("has no bounds without hours and prefers the record of who speaks", () => {
    expect(boundsOf([])).toBeNull();
    const scores = { records: [{ series: "spot", model: "lear" }, { series: "spot", model: "boosting" }, { series: "pvpc", model: "boosting" }] } as Scores;
    expect(recordOf(scores, "spot", "boosting")?.model).toBe("boosting");
    expect(recordOf(scores, "spot", "mix")?.model).toBe("lear");
    expect(recordOf(null, "spot", "mix")).toBeNull();
  });
});

describe("kept versions", () => {
  const versions = [4, 3, 2].map((version) => ({ version, state: version === 4 ? "changed" : "ok" }));
  const series = (champion: object, serving: object) =>
    ({ champion, serving, models: ["boosting", "lear"].map((model) => ({ model, versions })) }) as Models["series"][number];
  const told = (one: Models["series"][number], what: "newest" | "chosen" | "serves") => keptRows(one).filter((row) => row[what]).map((row) => `${row.model} ${row.version}`);

  it("asks for the newest sound one as the newest, and holds to an older one", () => {
    const rows = keptRows(series({ model: "lear", version: null }, { model: "lear", version: 3 }));
    expect(rows.map((row) => row.wish.version)).toEqual([4, null, 2, 4, null, 2]);
  });

  it("tells the choice from what serves", () => {
    const free = series({ model: "lear", version: null }, { model: "lear", version: 3 });
    expect([told(free, "newest"), told(free, "chosen"), told(free, "serves")]).toEqual([["boosting 3", "lear 3"], ["lear 3"], ["lear 3"]]);
    const pinned = series({ model: "lear", version: null }, { model: "boosting", version: 3 });
    expect([told(pinned, "chosen"), told(pinned, "serves")], "the settings name boosting").toEqual([["lear 3"], ["boosting 3"]]);
    const held = series({ model: "lear", version: 3 }, { model: "lear", version: 3 });
    expect(told(held, "chosen"), "it can be let go on with the newest").toEqual([]);
  });
});
