import { describe, expect, it } from "vitest";

import type { Advice } from "../src/api";
import { en } from "../src/i18n/en";
import { es } from "../src/i18n/es";
import { named, pickLanguage } from "../src/i18n";
import { age, eur, eurKwh, percent } from "../src/pure/format";
import { pause } from "../src/pure/poll";
import { answer, gapText, processList } from "../src/pure/sentences";

const spain = { zone: "Europe/Madrid", locale: "es-ES" };
const britain = { zone: "Europe/Madrid", locale: "en-GB" };
const now = Date.parse("2026-03-11T12:00:00+01:00");

function row(process: string, start: string, end: string): Advice["running"][number] {
  return { batch: "b", process, machine: process, unit: 1, start: `2026-03-${start}+01:00`, end: `2026-03-${end}+01:00` };
}

function advice(more: Partial<Advice>): Advice {
  return {
    action: "wait", running: [], next: null, switch_at: null,
    price_now_eur_kwh: null, level_now: null, saving_today_eur: null, ...more,
  };
}

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

describe("the answer", () => {
  const running = [
    row("conche", "11T11:00", "11T16:15"),
    row("conche", "11T08:00", "11T13:00"),
    row("refine", "11T11:30", "11T12:30"),
  ];

  it("says what runs, until when and what follows", () => {
    const said = answer(advice({ action: "run", running, next: row("mix", "12T01:00", "12T01:30") }), now, es, spain);
    expect(said.main).toBe("Ahora: conchado (2) y refino en marcha hasta las 16:15");
    expect(said.then).toBe("siguiente: mezcla mañana a la 01:00");
  });

  it("says when to start when nothing runs", () => {
    const next = row("mix", "11T22:00", "11T22:30");
    expect(answer(advice({ next }), now, es, spain).main).toBe("Espera: lo siguiente empieza hoy a las 22:00 (mezcla)");
    expect(answer(advice({ next }), now, en, britain).main).toBe("Wait: the next run starts today at 22:00 (mixing)");
    const later = row("mix", "16T06:00", "16T06:30");
    expect(answer(advice({ next: later }), now, es, spain).main).toContain("el lun 16 a las 06:00");
  });

  it("says that nothing is left, and that there is no plan", () => {
    expect(answer(advice({ action: "done" }), now, es, spain).main).toBe(es.answer.done);
    expect(answer(null, now, es, spain).main).toBe(es.answer.noPlan);
  });

  it("joins processes as the language does", () => {
    expect(processList(["mix", "refine", "mix"], es)).toBe("mezcla (2) y refino");
    expect(processList(["mix", "refine", "roast"], en)).toBe("mixing, refining and roast");
  });
});

describe("words and numbers", () => {
  it("are written as the locale does", () => {
    expect(plain(eurKwh(0.1416, "es-ES"))).toBe("0,142 €/kWh");
    expect(plain(eurKwh(0.1416, "en-GB"))).toBe("0.142 €/kWh");
    expect(plain(eur(-12.5, "es-ES"))).toBe("-12,50 €");
    expect(plain(percent(0.0124, "es-ES"))).toBe("1,2 %");
  });

  it("give an age in the unit that is easy to grasp", () => {
    expect(plain(age(35, "es-ES"))).toBe("hace 35 min");
    expect(plain(age(420, "es-ES"))).toBe("hace 7 h");
    expect(plain(age(4320, "en-GB"))).toBe("3 days ago");
  });

  it("say the proven gap", () => {
    expect(plain(gapText(0.0124, es))).toBe("A lo sumo un 1,2 % sobre el mínimo demostrado.");
    expect(gapText(0, en)).toBe("This is the proven minimum.");
  });

  it("leave names the page does not know as the factory file has them", () => {
    expect(named(es.products, "tableta 70 %")).toBe("tableta 70 %");
    expect(named(es.products, "toString")).toBe("toString");
  });
});

describe("the page", () => {
  it("speaks Spanish unless the person or an English browser says otherwise", () => {
    expect(pickLanguage(null, "de-DE")).toBe("es");
    expect(pickLanguage(null, "en-US")).toBe("en");
    expect(pickLanguage("es", "en-US")).toBe("es");
    expect(pickLanguage("xx", "es")).toBe("es");
  });

  it("reads often while preparing, calmly otherwise", () => {
    expect(pause("preparing", false, true)).toBe(3_000);
    expect(pause("ready", false, true)).toBe(10_000);
    expect(pause("ready", false, false)).toBe(60_000);
    expect(pause(null, true, false)).toBe(15_000);
  });
});
