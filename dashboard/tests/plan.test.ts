import { describe, expect, it } from "vitest";

import type { Plan, RunRow } from "../src/api";
import { DICTIONARIES } from "../src/i18n";
import { planWords } from "../src/i18n/areas/plan";
import { refusalWords } from "../src/i18n/areas/refusals";
import { productionWords } from "../src/i18n/areas/plan-production";
import { whatIfWords } from "../src/i18n/areas/plan-what-if";
import { whyWords } from "../src/i18n/areas/plan-why";
import { lasting, marker, rankOf, recipe, verdict } from "../src/pure/plan";
import { beforeText, becauseText, changeTexts, marksText, moneyText, reasonText, type Diff } from "../src/pure/plan-words";
import { batchesUnderWay, outagesOf, reportText, startingNext, stepsOf, type Log } from "../src/pure/production";
import { extended, renewed } from "../src/pure/history";
import { adviceText, conflictTexts, refusalText, rulesText } from "../src/pure/refusals";
import { HOUR, localText, momentsOf } from "../src/pure/time";
import { blocksOf, rowsOf } from "../src/pure/timeline";
import { blank, changeOf, changeText, KINDS, sideBySide, verdictText, type Answer } from "../src/pure/what-if";
import { blockedTexts, differenceText, moveText, rankSentence, startText, type Move, type Reason, type StartAnswer, type Telling } from "../src/pure/why";

const es = DICTIONARIES.es;
const own = planWords.es;
const refusals = refusalWords.es;
const place = { zone: "Europe/Madrid", locale: "es-ES" };
const NOW = Date.parse("2026-03-11T10:00:00+01:00");
const iso = (hours: number): string => new Date(NOW + hours * HOUR).toISOString();
const plain = (text: string): string => text.replace(/\s+/g, " ");

function run(batch: string, process: string, from: number, to: number): RunRow {
  const place = { product: "standard", machine: "conche", unit: 1, mode: "" };
  return { ...place, batch, process, start: iso(from), end: iso(to), energy_kwh: 5, cost_eur: 1, why: "" };
}

function plan(parts: Partial<Plan>): Plan {
  return { begun: [], runs: [], frozen: [], ...parts } as Plan;
}

describe("marks of runs", () => {
  const made = plan({ frozen: [{ batch: "b", process: "mix", product: "standard", machine: "mixer", start: iso(1) }] });
  const marks = marker(made, { underWay: [{ batch: "a", process: "mix", reported: true }], moved: [{ batch: "b", process: "mix", minutes: -90 }] }, NOW);

  it("tell what is done, what runs and how that is known, and what is fixed or moved", () => {
    expect(marks(run("a", "mix", -1, 1))).toEqual({ state: "running", told: "reported", frozen: false, moved: null });
    expect(marks(run("c", "mix", -1, 1)).told).toBe("assumed");
    expect(marks(run("c", "mix", -2, 0)).state).toBe("done");
    expect(marks(run("b", "mix", 1, 2))).toEqual({ state: "coming", told: null, frozen: true, moved: -90 });
    expect(marks(run("b", "refine", 2, 3)).frozen).toBe(false);
  });

  it("are said in words, each beside its shape", () => {
    expect(plain(marksText(marks(run("b", "mix", 1, 2)), own))).toBe("fijado: empieza pronto · movido 1 h 30 min antes");
    expect(marksText(marks(run("c", "mix", -1, 1)), own)).toContain("sin comunicar");
    expect(marksText(marks(run("z", "mix", 1, 2)), own)).toBe("");
  });

  it("do not let a length of no minutes vanish", () => {
    expect([lasting(0), lasting(60), lasting(-75)].map(plain)).toEqual(["0 min", "1 h", "1 h 15 min"]);
  });
});

describe("what a plan says of itself", () => {
  const standing = { plan: "x", moved: [] };

  it("is worded by code and number in both languages", () => {
    const kept = { kept: { ...standing, reason: "A new plan is not cheaper by more than the threshold.", difference_eur: -1.66, threshold_eur: 2.39 }, replaced: null };
    expect(plain(beforeText(kept, own, "es-ES"))).toBe("Se mantiene: el nuevo solo ahorraría 1,66 € y se cambia a partir de 2,39 €.");
    expect(beforeText(kept, planWords.en, "en-GB")).toContain("only €1.66");
    const replaced = { kept: null, replaced: { ...standing, reason: "It is cheaper by more than the threshold.", difference_eur: -15.06, threshold_eur: 0 } };
    expect(plain(beforeText(replaced, own, "es-ES"))).toBe("Sustituido: el nuevo ahorra 15,06 €.");
    expect(beforeText({ kept: null, replaced: null }, own, "es-ES")).toBe(own.noBefore);
  });

  it("never tells a dearer plan as a saving", () => {
    const kept = { kept: { ...standing, reason: "A new plan is not cheaper by more than the threshold.", difference_eur: 4, threshold_eur: 2 }, replaced: null };
    expect(beforeText(kept, own, "es-ES")).not.toContain("4,00");
  });

  it("knows every reason of the server, and shows a new one as it is", () => {
    expect(becauseText("window moved on, new forecast", own)).toBe("empezó un día nuevo, previsión nueva");
    expect(becauseText("the moon", own)).toBe("the moon");
    expect(verdict("The plan before no longer fits: what is new finds no place.")).toBe("noLongerFits");
    expect(verdict("Something else.")).toBe("other");
  });

  it("takes price and rank out of a run's reason, or leaves it as it is", () => {
    expect(rankOf("-0.0042 EUR/kWh on average; start 3 of 348 allowed ones by price")).toEqual({ price: -0.0042, rank: 3, starts: 348 });
    expect(plain(reasonText("0.1958 EUR/kWh on average; start 239 of 348 allowed ones by price", own, "es-ES").text)).toBe("0,196 €/kWh de media; puesto 239 de 348 por precio");
    expect(reasonText("The cheapest start before it is due.", own, "es-ES")).toEqual({ text: "The cheapest start before it is due.", foreign: true });
  });

  it("has a recipe as far as it shows a whole batch", () => {
    const made = plan({ begun: [run("a", "mix", -2, -1)], runs: [run("a", "refine", 1, 2), run("b", "refine", 3, 4)] });
    expect(recipe(made, "standard")).toEqual(["mix", "refine"]);
    expect(recipe(made, "premium")).toEqual([]);
  });
});

describe("differences", () => {
  const diff = {
    cost_eur: { before: 10, after: 8, difference: -2 },
    runs_eur: { before: 10, after: 8, difference: -1 },
    moved: [{ batch: "a", was: "a", product: "standard", process: "mix", from: iso(2), to: iso(3.5), minutes: 90, cost_eur: 0 }],
    added: [{ batch: "b", product: "standard", process: "mix", machine: "mixer", unit: 1, start: iso(1), end: iso(2) }],
    dropped: [],
  } as unknown as Diff;

  it("are told in order of time, one line a run", () => {
    expect(changeTexts(diff, es, own, place).map(plain)).toEqual([
      "Mezcla de b: nueva, mié 11 11:00",
      "Mezcla de a: de mié 11 12:00 a mié 11 13:30, 1 h 30 min más tarde",
    ]);
  });

  it("compare whole plans only where they cover the same days", () => {
    expect(plain(moneyText(diff, own, "es-ES"))).toBe("El plan entero cuesta 2,00 € menos.");
    const other = { ...diff, cost_eur: { ...diff.cost_eur, difference: null } };
    expect(plain(moneyText(other, own, "es-ES"))).toContain("1,00 € menos; los planes no cubren los mismos días");
    const same = { ...other, runs_eur: { ...diff.runs_eur, difference: 0.001 } };
    expect(moneyText(same, own, "es-ES")).toBe(own.runsSame);
  });
});

describe("refusals", () => {
  it("are told by their kind, rules by name", () => {
    const problem = { type: "urn:chocolate-factory:Busy", title: "Busy", status: 409, detail: "", hint: "" };
    expect(refusalText(problem, refusals)).toBe(refusals.refused["Busy"]);
    expect(refusalText({ ...problem, type: "about:blank", status: 500 }, refusals)).toBe(refusals.fault);
    expect(refusalText({ ...problem, type: "urn:chocolate-factory:New", status: 400 }, refusals)).toBe(refusals.refusedOther);
    expect(refusalText({ ...problem, status: 403 }, refusals)).toBe(refusals.refused["NotAllowed"]);
    expect(refusalText(null, refusals)).toBe(refusals.noAnswer);
    const rows = [{ product: "standard", batches: 2, due: "2026-03-11T22:00:00+01:00", rules: ["machine", "due"] }];
    expect(conflictTexts(rows, es, refusals, place)).toEqual(["2 lotes de estándar para mié 11 22:00: máquina ocupada por otros lotes; hora de entrega del lote"]);
    expect(rulesText([], refusals)).toBe(refusals.several);
  });

  it("name the same rules in both languages", () => {
    expect(Object.keys(refusalWords.es.rules)).toEqual(Object.keys(refusalWords.en.rules));
    expect(Object.keys(planWords.es.causes)).toEqual(Object.keys(planWords.en.causes));
    expect(Object.keys(refusalWords.es.refused)).toEqual(Object.keys(refusalWords.en.refused));
  });
});

describe("what to do about a refusal", () => {
  const problem = (type: string, status: number, cause?: string) => ({ type: `urn:chocolate-factory:${type}`, title: "", status, detail: "Detail.", hint: "Hint.", cause });
  const { es, en } = refusalWords;

  it("is said in the page's language, with the server's own words behind it", () => {
    expect(adviceText(problem("Busy", 409), es)).toEqual({ remedy: "Vuelve a pedirlo dentro de un minuto.", detail: "Detail." });
    expect(adviceText(problem("Busy", 409), en)).toEqual({ remedy: "", detail: "Detail. Hint." });
    expect(adviceText(problem("about:blank", 500), es)).toEqual({ remedy: es.faultRemedy, detail: "Detail." });
    expect(adviceText(problem("about:blank", 404), es)).toEqual({ remedy: "", detail: "Detail. Hint." });
  });

  it("needs none of the server's words where the cause is known", () => {
    expect(adviceText(problem("NotFound", 404, "no_batch"), es)).toEqual({ remedy: "El plan vigente no tiene ningún lote con ese nombre.", detail: "" });
    expect(adviceText(problem("NotFound", 404, "no_batch"), en).detail).toBe("");
    expect(adviceText(problem("NotFound", 404, "toString"), en).detail).toBe("Detail. Hint.");
    expect(Object.keys(en.causes)).toEqual(Object.keys(es.causes));
    expect(Object.keys(es.refused).filter((kind) => !Object.hasOwn(es.remedies, kind))).toEqual([]);
  });
});

describe("the list of plans", () => {
  const page = (next: string | null, ...ids: number[]) => ({ rows: ids.map((id) => ({ id: String(id) })), next });
  const ids = (list: { rows: { id: string }[] }) => list.rows.map((row) => Number(row.id));

  it("grows at both ends", () => {
    const known = extended(page("b", 9, 8), page(null, 8, 7));
    expect([ids(known), known.next]).toEqual([[9, 8, 7], null]);
    const newer = renewed(known, page("x", 10, 9));
    expect([ids(newer), newer.next]).toEqual([[10, 9, 8, 7], null]);
  });

  it("has no gap where more came than a page holds", () => {
    expect(renewed(page("a", 3, 2), page("c", 9, 8))).toEqual(page("c", 9, 8));
    expect(renewed(page(null), page("c", 9, 8))).toEqual(page("c", 9, 8));
  });
});

describe("why", () => {
  const telling: Telling = { words: es, refusals, why: whyWords.es, place };
  const reason = { mean_price_eur_kwh: 0.1552, rank: 144, allowed_starts: 1238, cheaper_blocked_by: { machine: 18, due: 117 }, cheaper_but_dearer: 8 } as unknown as Reason;
  const move = (more: Partial<Move>): Move => ({ start: iso(1), rule: null, difference_eur: null, moves_along: [], ...more });

  it("tells rank and what forbids the cheaper starts, the commonest first", () => {
    expect(plain(rankSentence(reason, telling))).toBe("0,155 €/kWh de media: puesto 144 de 1238 huecos con personal y clima.");
    expect(rankSentence({ ...reason, rank: 1 }, telling)).toContain("el hueco más barato");
    expect(blockedTexts(reason, telling).map((text) => text.split(":")[0])).toEqual(["hora de entrega del lote", "máquina ocupada por otros lotes", "con ellos el plan entero no sale más barato"]);
  });

  it("tells what a move costs, what moves along, or the rule against it", () => {
    expect(plain(moveText(move({ difference_eur: 27.18, moves_along: ["temper", "mould"] }), telling))).toBe("27,18 € más; mueve también templado y moldeo");
    expect(moveText(move({ rule: "attendance" }), telling)).toBe("no se puede: no hay personal (turnos y festivos)");
    expect(moveText(move({ start: null }), telling)).toBe("no hay otro hueco libre");
    expect(plain(differenceText(-3, telling))).toBe("3,00 € menos");
    expect(differenceText(0.001, telling)).toBe("cuesta lo mismo");
  });

  it("answers another hour with what is proven, not with more", () => {
    const forced = { cost_eur: 107, gap_eur: 2, difference_eur: 7, least_eur: 0, within_gap: true, batches_moved: 3, solve_seconds: 6 };
    const answer = { asked_start: iso(5.5), forced, forbidden: null } as unknown as StartAnswer;
    expect(plain(startText(answer, telling))).toContain("cuesta 7,00 € más; la diferencia cabe en el margen");
    const proven = { ...answer, forced: { ...forced, least_eur: 4, within_gap: false } };
    expect(plain(startText(proven, telling))).toContain("al menos 4,00 € más, demostrado");
    expect(startText({ ...answer, forced: null }, telling)).toBe("A mié 11 15:30 no se puede.");
  });
});

describe("what if", () => {
  it("turns controls into changes that the server takes", () => {
    expect(changeOf({ ...blank("price"), amount: -10 })).toBe("price=-10%");
    expect(changeOf(blank("machine", "moulding line"))).toBe("machine:moulding line=+1");
    expect(changeOf({ ...blank("machine", "conche"), amount: 1.5 })).toBeNull();
    expect(changeOf(blank("machine"))).toBeNull();
    expect(changeOf(blank("demand", "standard"))).toBe("demand:standard=+20%");
    expect(changeOf(blank("power", "P6"))).toBe("power:P6=+10");
    expect(changeOf(blank("shift"))).toBe("shift=22:00-24:00");
    expect(changeOf({ ...blank("shift"), days: ["sun", "sat"], from: "06:00", to: "14:00" })).toBe("shift:sat,sun=06:00-14:00");
    expect(changeOf({ ...blank("shift"), days: ["sat"], none: true })).toBe("shift:sat=none");
    expect(changeOf({ ...blank("shift"), none: true })).toBeNull();
    expect(changeOf(blank("battery"))).toBe("battery.capacity_kwh=50");
    expect(changeOf({ ...blank("pv"), none: true })).toBe("pv=none");
    expect(changeOf({ ...blank("price"), amount: 0 })).toBeNull();
    expect(changeOf({ ...blank("price"), amount: Number.NaN })).toBeNull();
  });

  it("says every change in words of both languages", () => {
    for (const kind of KINDS) {
      const change = changeOf(blank(kind, kind === "machine" ? "conche" : "")) ?? "";
      expect(changeText(change, es, whatIfWords.es)).not.toBe(change);
      expect(changeText(change, DICTIONARIES.en, whatIfWords.en)).not.toBe(change);
    }
    expect(plain(changeText("price=-10%", es, whatIfWords.es))).toBe("mercado −10 %");
    expect(changeText("shift:sat,sun=06:00-14:00", es, whatIfWords.es)).toBe("turno 06:00–14:00 (sáb, dom)");
    expect(changeText("moon=1", es, whatIfWords.es)).toBe("moon=1");
  });

  const side = { cost_eur: 100, fixed_eur: 10, total_eur: 110, excess_power_eur: 0, energy_kwh: 1000, highest_kw: 80, baseline_eur: 120, saving: { eur: 20, percent: 16 }, batches: 5, late: [], left_for_later: [], mip_gap: 0.02 };
  const difference = { cost_eur: 9, fixed_eur: 1, total_eur: 10, least_eur: 6, most_eur: 12, within_gap: false, energy_kwh: 0 };
  const answer = {
    same_batches: true,
    present: side,
    what_if: { ...side, cost_eur: 109, fixed_eur: 11, total_eur: 120, late: [{ product: "standard", batches: 2, due: iso(1) }] },
    difference,
  } as unknown as Answer;

  it("tells the difference with its proven range, fixed terms in both", () => {
    expect(plain(verdictText(answer, es, whatIfWords.es))).toBe("10,00 € más. Demostrado: entre 7,00 € y 13,00 € más.");
    const cheaper = { ...answer, difference: { ...difference, total_eur: -10, least_eur: -16, most_eur: -6 } };
    expect(plain(verdictText(cheaper, es, whatIfWords.es))).toBe("10,00 € menos. Demostrado: entre 5,00 € y 15,00 € menos.");
    const unclear = { ...answer, difference: { ...difference, least_eur: -20 } };
    expect(verdictText(unclear, es, whatIfWords.es)).toContain("Sin diferencia clara");
    expect(verdictText({ ...answer, same_batches: false }, es, whatIfWords.es)).toContain("no son los mismos lotes");
  });

  it("puts answers side by side, each compared with the plan solved beside it", () => {
    const lines = sideBySide([answer], es, whatIfWords.es);
    const line = (key: string) => lines.find((one) => one.key === key);
    expect(plain(line("total")?.present ?? "")).toBe("110,00 €");
    expect(line("total")?.cells.map((cell) => [plain(cell.value), plain(cell.difference)])).toEqual([["120,00 €", "+10,00 €"]]);
    expect(line("late")?.cells[0]).toEqual({ value: "2", difference: "+2" });
    expect(line("energy")?.cells[0]?.difference).toBe("");
    expect(sideBySide([], es, whatIfWords.es)).toEqual([]);
  });
});

describe("production", () => {
  const log = {
    sample: false,
    batches: [],
    under_way: [
      { ...run("a", "mix", -2, -1), reported: true },
      { ...run("a", "refine", -1, 1), reported: false },
      { ...run("b", "mix", -1, -0.5), reported: false },
      { ...run("c", "mould", -1, -0.5), reported: false },
    ],
    log: [],
  } as unknown as Log;
  const made = plan({ runs: [run("b", "refine", 2, 3), run("d", "mix", 5, 6), run("e", "mix", 4, 5), run("e", "refine", 6, 7)] });

  it("shows batches with what runs now or comes next, and none that is finished", () => {
    const found = batchesUnderWay(log, made, NOW);
    expect(found.map((one) => [one.batch, one.current?.process ?? null, one.next?.process ?? null])).toEqual([
      ["a", "refine", null],
      ["b", null, "refine"],
    ]);
  });

  it("knows the next first steps, soonest first", () => {
    expect(startingNext(log, made, NOW, 3).map((one) => `${one.batch} ${one.process}`)).toEqual(["e mix", "d mix"]);
    expect(startingNext(log, made, NOW, 1)).toHaveLength(1);
  });

  const report = { id: "1", at: iso(0), moment: iso(0), kind: "outage", by: "api", batch: "", product: "", step: null, machine: "conche", unit: null, units: 2, until: iso(3), kg: null, undoes: "", reason: "correa", note: "", undone: false } as const;

  it("draws machines out of order on as many units, unless the report was taken back", () => {
    const told = { ...log, log: [report, { ...report, undone: true }] } as Log;
    const rows = rowsOf([{ name: "mixer", count: 1, power_kw: 1 }, { name: "conche", count: 3, power_kw: 1 }]);
    const blocks = blocksOf([], outagesOf(told), rows);
    expect(blocks.map((block) => block.row)).toEqual([2, 3]);
    const unit = blocksOf([], [{ ...report, unit: 1 }], rows);
    expect(unit.map((block) => block.row)).toEqual([1]);
  });

  it("is told in words", () => {
    const known = { ...log, batches: [{ batch: "e", product: "standard", begun: 1, steps: 2, lost: false }] };
    const say = (more: object): string => {
      const row = { ...report, ...more };
      return reportText(row, stepsOf(row, known, made), es, productionWords.es, place);
    };
    expect(say({})).toBe("Concha averiada hasta mié 11 13:00: correa");
    expect(say({ kind: "started", batch: "e", step: 1, unit: 2 })).toBe("Refino de e empezó en Concha 2");
    expect(say({ kind: "finished", batch: "e", product: "premium", step: 3 })).toBe("Paso 4 de e terminó");
    expect(plain(say({ kind: "stock", product: "standard", kg: 250 }))).toBe("250 kg de estándar contados");
  });
});

describe("local fields of time", () => {
  it("mean one moment, two where clocks go back, none where they skip", () => {
    const winter = momentsOf("2026-03-11T06:15", "Europe/Madrid");
    expect(winter.map((ms) => new Date(ms).toISOString())).toEqual(["2026-03-11T05:15:00.000Z"]);
    expect(momentsOf("2025-10-26T02:30", "Europe/Madrid").map((ms) => new Date(ms).toISOString())).toEqual(["2025-10-26T00:30:00.000Z", "2025-10-26T01:30:00.000Z"]);
    expect(momentsOf("2026-03-29T02:30", "Europe/Madrid")).toEqual([]);
    expect(momentsOf("", "Europe/Madrid")).toEqual([]);
    expect(localText(winter[0] ?? 0, "Europe/Madrid")).toBe("2026-03-11T06:15");
  });
});
