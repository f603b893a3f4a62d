import { describe, expect, it } from "vitest";

import { alertWords } from "../src/i18n/areas/alerts";
import { en } from "../src/i18n/en";
import { es } from "../src/i18n/es";
import { byPressure, dayWord, sayAlert, type Alert } from "../src/pure/alerts";

const now = Date.parse("2026-03-10T21:00:00+01:00");
const voices = {
  es: { words: es, own: alertWords.es, place: { zone: "Europe/Madrid", locale: "es-ES" }, now },
  en: { words: en, own: alertWords.en, place: { zone: "Europe/Madrid", locale: "en-GB" }, now },
};
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

function alert(kind: Alert["kind"], facts: Alert["facts"], more: Partial<Alert> = {}): Alert {
  return {
    id: `${kind}:x`, kind, severity: "warning", subject: "2026-03-11", since: null, until: null, opened_at: null,
    closed_at: null, text: "What the server says.", facts, ...more,
  };
}

const PRICES = { hours: 2.75, published_share: 1 };
const ALL: Record<Alert["kind"], Alert> = {
  price_spike: alert("price_spike", { ...PRICES, max_eur_kwh: 0.3944, max_at: "2026-03-11T20:15:00+01:00", bound_eur_kwh: 0.279, median_eur_kwh: 0.08 }),
  negative_price: alert("negative_price", { ...PRICES, min_eur_mwh: -3.2, min_at: "2026-03-11T14:00:00+01:00", min_paid_eur_kwh: 0.041 }),
  cheap_window: alert("cheap_window", {
    ...PRICES, hours: 10, opens_at: "2026-03-11T08:30:00+01:00", ends_at: "2026-03-11T18:30:00+01:00", mean_eur_kwh: 0.132,
    day_mean_eur_kwh: 0.19, below_mean_percent: 31.4,
  }),
  heat: alert("heat", { limit_c: 32, max_c: 36.5, max_at: "2026-03-11T16:00:00+01:00", hours: 5, processes: ["temper", "mould"] }),
  excess_power: alert("excess_power", { max_kw: 90, contracted_kw: 80, over_kw: 10, period: "P3", max_at: "2026-03-11T14:30:00+01:00", hours: 4.5, plan_excess_eur: 25 }),
  late_data: alert("late_data", { state: "late", known_until: "2026-03-10T23:00:00+01:00", age_minutes: 70, missing_slots: 4 }, { subject: "pvpc" }),
  source_failing: alert("source_failing", { hours: 3.5, asked_at: "2026-03-10T20:00:00+01:00", reason: "HTTP 503" }, { subject: "ree" }),
  plan_changed: alert("plan_changed", { plan: "a", before: "b", moved: 3, added: 1, dropped: 0, cheaper_eur: 12.3, saving_eur: 100, issued_at: "2026-03-10T20:30:00+01:00" }, { subject: "a" }),
  plan_missing: alert("plan_missing", {}, { subject: "plan", severity: "critical", since: "2026-03-10T18:00:00+01:00" }),
  plan_infeasible: alert("plan_infeasible", { proven: true, conflicts: 2, products: ["standard"], rules: ["due"] }, { subject: "plan", severity: "critical" }),
  plan_late: alert("plan_late", { plan: "a", batches: 2, first_due_at: "2026-03-12T22:00:00+01:00", products: ["premium"] }, { subject: "plan" }),
  model_worse: alert("model_worse", { model: "lear", state: "drift", recent_mae_eur_mwh: 21.5, former_mae_eur_mwh: 14.25, month_mae_eur_mwh: 18, month_kind_mae_eur_mwh: 19.75 }, { subject: "spot" }),
  sample: alert("sample", {}, { subject: "world" }),
};

describe.each(Object.entries(voices))("alerts in %s", (_, voice) => {
  it.each(Object.values(ALL).map((one) => [one.kind, one] as const))("say %s", (_kind, one) => {
    const said = sayAlert(one, voice);
    expect(said.title.length).toBeGreaterThan(5);
    expect(`${said.title} ${said.text}`).not.toMatch(/undefined|NaN|null|What the server says/);
  });

  it("say what is not known as a dash, never a number", () => {
    const bare = sayAlert({ ...ALL.price_spike, facts: {} }, voice);
    expect(bare.text).toContain("–");
    expect(bare.text).not.toMatch(/\b0[.,]000/);
  });

  it("tell a kind they do not know in the server's words", () => {
    expect(sayAlert({ ...ALL.sample, kind: "comet" as never }, voice).title).toBe("What the server says.");
  });
});

describe("alerts", () => {
  const say = (one: Alert): string => plain(Object.values(sayAlert(one, voices.es)).join(" | "));

  it("carry their facts", () => {
    expect(say(ALL.price_spike)).toContain("0,394 €/kWh (20:15); 2,75 h por encima de 0,279 €/kWh");
    expect(say(ALL.negative_price)).toContain("-3,20 €/MWh (14:00), 2,75 h en total; la planta paga desde 0,041 €/kWh");
    expect(say(ALL.cheap_window)).toContain("mañana, 08:30–18:30 | 10 h a 0,132 €/kWh de media, un 31 % menos");
    expect(say(ALL.heat)).toContain("36,5 °C (16:00); 5 h por encima de 32 °C, límite de templado y moldeo");
    expect(say(ALL.excess_power)).toContain("90 kW (14:30), 10 kW más que los 80 kW contratados en P3");
    expect(say(ALL.late_data)).toContain("Faltan datos: PVPC | Se conocen hasta mar 10 23:00; 4 huecos.");
    expect(say(ALL.source_failing)).toContain("HTTP 503");
    expect(say(ALL.plan_changed)).toContain("3 operaciones movidas, 1 añadida, 0 quitadas; 12,30 € más barato");
    expect(say(ALL.plan_late)).toContain("2 lotes con retraso | El primero era para jue 12 22:00 (prémium).");
    expect(say(ALL.model_worse)).toContain("21,50 €/MWh en 14 días; antes, 14,25 €/MWh");
  });

  it("have another sentence where the facts mean something else", () => {
    const changed = ALL.plan_changed.facts;
    expect(say({ ...ALL.plan_changed, facts: { ...changed, cheaper_eur: null } })).toContain("ya no se podía cumplir");
    expect(say({ ...ALL.plan_changed, facts: { ...changed, cheaper_eur: -4 } })).toContain("4,00 € más caro");
    expect(say({ ...ALL.plan_missing, since: null })).toContain("Todavía no se ha hecho ninguno");
    expect(say({ ...ALL.plan_infeasible, facts: { proven: false } })).toContain("no está demostrado");
    expect(say({ ...ALL.late_data, facts: { state: "missing", known_until: null, missing_slots: 0 } })).toContain("No ha llegado ningún valor.");
    expect(say({ ...ALL.late_data, facts: { ...ALL.late_data.facts, state: "failing" } })).toContain("La fuente falla.");
    expect(say({ ...ALL.price_spike, facts: { ...ALL.price_spike.facts, published_share: 0 } })).toContain("Es previsión.");
    expect(say({ ...ALL.price_spike, facts: { ...ALL.price_spike.facts, published_share: 0.5 } })).toContain("En parte es previsión.");
  });

  it("name days as people do", () => {
    const say = (day: string): string => dayWord(day, voices.es);
    expect(["2026-03-10", "2026-03-11", "2026-03-12", "spot"].map(say)).toEqual(["hoy", "mañana", "jue 12", "spot"]);
  });

  it("are open only where they are critical", () => {
    const { open, rest } = byPressure(Object.values(ALL));
    expect(open.map((one) => one.kind)).toEqual(["plan_missing", "plan_infeasible"]);
    expect(rest).toHaveLength(11);
  });
});
