/** What may be asked of a plan: controls turned into changes, and the answers side by side. */
import type { components } from "../api.gen";
import { named, type Words } from "../i18n";
import type { WhatIfWords } from "../i18n/areas/plan-what-if";
import { decimal, eur, kw, kwh, percent } from "./format";

export type Answer = components["schemas"]["WhatIfAnswer"];
type Side = components["schemas"]["Compared"];

export const KINDS = ["price", "machine", "shift", "demand", "tariff", "power", "excess", "battery", "pv"] as const;
export type Kind = (typeof KINDS)[number];
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

/** One change as a person sets it. What its kind does not need is not looked at. */
export interface Edit {
  kind: Kind;
  /** Percent for price, excess and demand; units of a machine more or less; kW more or less; kWh; kWp. */
  amount: number;
  /** A machine, a product or a tariff period; "" for all. */
  subject: string;
  tariff: string;
  days: Day[];
  from: string;
  to: string;
  /** Take the shift, the battery or the array away. */
  none: boolean;
}

export function blank(kind: Kind, subject = ""): Edit {
  const amounts: Record<Kind, number> = { price: 10, machine: 1, shift: 0, demand: 20, tariff: 0, power: 10, excess: 50, battery: 50, pv: 30 };
  return { kind, amount: amounts[kind], subject, tariff: "6.1TD", days: [], from: "22:00", to: "00:00", none: false };
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

/** The change as the server takes it, e.g. `machine:conche=+1`; null where it changes nothing or is incomplete. */
export function changeOf(edit: Edit): string | null {
  const { kind, amount, subject } = edit;
  const part = subject ? `:${subject}` : "";
  if (kind === "tariff") return `tariff=${edit.tariff}`;
  if (kind === "shift") return shiftOf(edit);
  if (kind === "battery") return edit.none ? "battery=none" : amount > 0 ? `battery.capacity_kwh=${amount}` : null;
  if (kind === "pv") return edit.none ? "pv=none" : amount > 0 ? `pv.kwp=${amount}` : null;
  if (!Number.isFinite(amount) || amount === 0) return null;
  if (kind === "price" || kind === "excess") return `${kind}=${signed(amount)}%`;
  if (kind === "demand") return `demand${part}=${signed(amount)}%`;
  if (kind === "machine") return subject && Number.isInteger(amount) ? `machine${part}=${signed(amount)}` : null;
  return `power${part}=${signed(amount)}`;
}

function shiftOf({ days, from, to, none }: Edit): string | null {
  const chosen = DAYS.filter((day) => days.includes(day));
  const part = chosen.length > 0 ? `:${chosen.join(",")}` : "";
  if (none) return part ? `shift${part}=none` : null;
  const end = to === "00:00" ? "24:00" : to;
  return from && end && from !== end ? `shift${part}=${from}-${end}` : null;
}

const FORMS: [RegExp, (found: RegExpExecArray, words: Words, own: WhatIfWords) => string][] = [
  [/^price=(.+)$/, ([, value = ""], _, own) => own.told.price(value)],
  [/^excess=(.+)$/, ([, value = ""], _, own) => own.told.excess(value)],
  [/^tariff=(.+)$/, ([, value = ""], _, own) => own.told.tariff(value)],
  [/^power(?::(P\d))?=(.+)$/, ([, period, value = ""], _, own) => own.told.power(period ?? "", value)],
  [/^machine:(.+)=(.+)$/, ([, name = "", value = ""], words, own) => own.told.machine(named(words.machines, name), value)],
  [/^demand(?::(.+))?=(.+)$/, ([, name, value = ""], words, own) => own.told.demand(name ? named(words.products, name) : "", value)],
  [/^shift(?::(.+))?=none$/, ([, days = ""], _, own) => own.told.noShift(daysText(days, own))],
  [/^shift(?::(.+))?=(.+)$/, ([, days = "", span = ""], _, own) => own.told.shift(daysText(days, own), span.replace("-", "–"))],
  [/^battery=none$/, (_, __, own) => own.told.noBattery],
  [/^battery\.capacity_kwh=(.+)$/, ([, value = ""], _, own) => own.told.battery(value)],
  [/^pv=none$/, (_, __, own) => own.told.noPv],
  [/^pv\.kwp=(.+)$/, ([, value = ""], _, own) => own.told.pv(value)],
];

function daysText(days: string, own: WhatIfWords): string {
  return days
    .split(",")
    .filter(Boolean)
    .map((day) => named(own.days, day))
    .join(", ");
}

/** A change in words; one that the page has no words for as it is. */
export function changeText(change: string, words: Words, own: WhatIfWords): string {
  for (const [form, say] of FORMS) {
    const found = form.exec(change);
    if (found) return say(found, words, own);
  }
  return change;
}

/** What the answer comes to, in one sentence or two. */
export function verdictText(answer: Answer, words: Words, own: WhatIfWords): string {
  const { difference } = answer;
  const money = (value: number): string => eur(Math.abs(value), words.locale);
  if (!answer.same_batches) return own.otherBatches(money(difference.total_eur), difference.total_eur > 0);
  const [low, high] = [difference.least_eur + difference.fixed_eur, difference.most_eur + difference.fixed_eur];
  const dearer = difference.total_eur > 0;
  if (low <= 0 && high >= 0) return own.within(money(difference.total_eur), dearer, eur(low, words.locale), eur(high, words.locale));
  const [least, most] = dearer ? [low, high] : [high, low];
  return own.verdict(money(difference.total_eur), dearer, money(least), money(most));
}

export interface Line {
  key: string;
  head: string;
  /** What the plan in force has. */
  present: string;
  /** What each answer has, and how much more or less that is; "" where it is the same. */
  cells: { value: string; difference: string }[];
}

interface Measure {
  key: keyof WhatIfWords["lines"];
  value: (side: Side) => number;
  format: (value: number, locale: string) => string;
}

const count = (rows: { batches: number }[]): number => rows.reduce((sum, row) => sum + row.batches, 0);
const whole = (value: number, locale: string): string => decimal(value, locale, 0);
const MEASURES: Measure[] = [
  { key: "total", value: (side) => side.total_eur, format: eur },
  { key: "cost", value: (side) => side.cost_eur, format: eur },
  { key: "fixed", value: (side) => side.fixed_eur, format: eur },
  { key: "excess", value: (side) => side.excess_power_eur, format: eur },
  { key: "energy", value: (side) => side.energy_kwh, format: kwh },
  { key: "peak", value: (side) => side.highest_kw, format: kw },
  { key: "baseline", value: (side) => side.baseline_eur, format: eur },
  { key: "saving", value: (side) => side.saving.eur, format: eur },
  { key: "batches", value: (side) => side.batches, format: whole },
  { key: "late", value: (side) => count(side.late), format: whole },
  { key: "left", value: (side) => count(side.left_for_later), format: whole },
  { key: "gap", value: (side) => side.mip_gap, format: (value, locale) => percent(value, locale) },
];

/** The plan in force beside the answers, line by line. Each answer is compared with the plan as it was solved beside it. */
export function sideBySide(answers: Answer[], words: Words, own: WhatIfWords): Line[] {
  const { locale } = words;
  const newest = answers[0];
  if (!newest) return [];
  return MEASURES.map(({ key, value, format }) => ({
    key,
    head: own.lines[key],
    present: format(value(newest.present), locale),
    cells: answers.map((answer) => {
      const difference = value(answer.what_if) - value(answer.present);
      const told = format(Math.abs(difference), locale);
      const same = told === format(0, locale);
      const sign = difference > 0 ? "+" : "−";
      return { value: format(value(answer.what_if), locale), difference: same || key === "gap" ? "" : `${sign}${told}` };
    }),
  }));
}
