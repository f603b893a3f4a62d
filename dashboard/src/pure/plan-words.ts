/** Sentences of the Plan tab, from codes and numbers. */
import type { Plan } from "../api";
import type { components } from "../api.gen";
import { named, type Words } from "../i18n";
import type { PlanWords } from "../i18n/areas/plan";
import { eur, eurKwh } from "./format";
import { causes, lasting, rankOf, verdict, type Marks } from "./plan";
import { dayClock, type Place } from "./time";

/** The marks of a run in words; "" for one that is simply to come. */
export function marksText(marks: Marks, own: PlanWords): string {
  const parts: string[] = [];
  if (marks.state === "done") parts.push(own.done);
  if (marks.state === "running") parts.push(marks.told === "reported" ? own.running : own.assumed);
  if (marks.frozen) parts.push(own.frozen);
  if (marks.moved !== null) parts.push(own.movedBy(lasting(marks.moved), marks.moved > 0));
  return parts.join(" · ");
}

/** A run's reason in the language of the page; `foreign` where only the server's English is there. */
export function reasonText(why: string | undefined, own: PlanWords, locale: string): { text: string; foreign: boolean } {
  const found = rankOf(why);
  if (!found) return { text: why ?? "", foreign: Boolean(why) };
  return { text: own.reason(eurKwh(found.price, locale), String(found.rank), String(found.starts)), foreign: false };
}

/** "precios publicados, previsión nueva". */
export function becauseText(because: string, own: PlanWords): string {
  return causes(because).map((cause) => named(own.causes, cause)).join(", ");
}

export type Summary = Pick<Plan, "kept" | "replaced">;

/** What became of the plan before. */
export function beforeText(plan: Summary, own: PlanWords, locale: string): string {
  const money = (value: number | null | undefined): string | null => (value === null || value === undefined ? null : eur(Math.abs(value), locale));
  const { kept, replaced } = plan;
  if (kept) {
    const why = verdict(kept.reason);
    const saves = kept.difference_eur !== null && kept.difference_eur < 0;
    if (why === "notCheaper") return own.keptFor.notCheaper(saves ? money(kept.difference_eur) : null, money(kept.threshold_eur));
    return why === "later" ? own.keptFor.later() : own.keptFor.other();
  }
  if (!replaced) return own.noBefore;
  const why = verdict(replaced.reason);
  if (why === "cheaper") return own.replacedFor.cheaper(money(replaced.difference_eur));
  if (why === "lessLate" || why === "fewer" || why === "noLongerFits") return own.replacedFor[why]();
  return own.replacedFor.other();
}

export type Diff = components["schemas"]["DiffAnswer"];

/** What the change costs: of the whole plans where they cover the same days, else of the runs. */
export function moneyText(diff: Diff, own: PlanWords, locale: string): string {
  const whole = diff.cost_eur.difference;
  const difference = whole ?? diff.runs_eur.difference ?? 0;
  if (Math.abs(difference) < 0.005) return whole === null ? own.runsSame : own.moneySame;
  const say = whole === null ? own.runsMoney : own.planMoney;
  return say(eur(Math.abs(difference), locale), difference > 0);
}

/** One line for each run that moved, came or went, by the time at which it starts. */
export function changeTexts(diff: Diff, words: Words, own: PlanWords, place: Place): string[] {
  const process = (name: string): string => {
    const word = named(words.processes, name);
    return word.charAt(0).toUpperCase() + word.slice(1);
  };
  const at = (moment: string): string => dayClock(Date.parse(moment), place);
  const lines: [string, string][] = [
    ...diff.moved.map((row): [string, string] => [row.to, own.moved(process(row.process), row.batch, at(row.from), at(row.to), lasting(row.minutes), row.minutes > 0)]),
    ...diff.added.map((row): [string, string] => [row.start, own.added(process(row.process), row.batch, at(row.start))]),
    ...diff.dropped.map((row): [string, string] => [row.start, own.dropped(process(row.process), row.batch, at(row.start))]),
  ];
  return lines.sort(([a], [b]) => Date.parse(a) - Date.parse(b)).map(([, text]) => text);
}
