/** What goes on in the plant: batches under way, what starts next, the log in words. */
import type { Plan } from "../api";
import type { components } from "../api.gen";
import { named, type Words } from "../i18n";
import type { ProductionWords } from "../i18n/areas/plan-production";
import { decimal } from "./format";
import { recipe, type BarRun } from "./plan";
import { dayClock, type Place } from "./time";
import type { Outage } from "./timeline";

export type Log = components["schemas"]["LogAnswer"];
export type Report = components["schemas"]["ReportRow"];
type UnderWay = components["schemas"]["UnderWay"];

/** A batch that has begun: what runs now, else what comes next. */
export interface Batch {
  batch: string;
  product: string;
  current: UnderWay | null;
  /** The next step as the plan has it; null where the plan has none. */
  next: BarRun | null;
}

export function batchesUnderWay(log: Log, plan: Plan | null, now: number): Batch[] {
  const names = [...new Set(log.under_way.map((run) => run.batch))];
  return names
    .map((batch): Batch => {
      const runs = log.under_way.filter((run) => run.batch === batch);
      const current = runs.find((run) => Date.parse(run.start) <= now && now < Date.parse(run.end)) ?? null;
      const next = (plan?.runs ?? []).find((run) => run.batch === batch && Date.parse(run.start) > now && run.process !== current?.process) ?? null;
      return { batch, product: runs[0]?.product ?? "", current, next };
    })
    .filter((one) => one.current !== null || one.next !== null)
    .sort((a, b) => order(a) - order(b));
}

function order({ current, next }: Batch): number {
  return current ? Date.parse(current.end) : Date.parse(next?.start ?? "");
}

/** The first steps of batches that have not begun, soonest first. */
export function startingNext(log: Log, plan: Plan | null, now: number, most: number): BarRun[] {
  const begun = new Set(log.under_way.map((run) => run.batch));
  const firsts = new Map<string, BarRun>();
  for (const run of plan?.runs ?? []) {
    const known = firsts.get(run.batch);
    if (!begun.has(run.batch) && (!known || Date.parse(run.start) < Date.parse(known.start))) firsts.set(run.batch, run);
  }
  return [...firsts.values()]
    .filter((run) => Date.parse(run.start) > now)
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start))
    .slice(0, most);
}

/** Reports of machines out of order that stand. */
export function outagesOf(log: Log | null): Outage[] {
  return (log?.log ?? []).filter((row) => row.kind === "outage" && !row.undone);
}

export function kg(value: number, locale: string): string {
  return `${decimal(value, locale, value % 1 === 0 ? 0 : 1)}\u00a0kg`;
}

/** The steps of the batch that a report is about, as far as the plan shows them. */
export function stepsOf(row: Report, log: Log, plan: Plan | null): string[] {
  const batch = log.batches.find((one) => one.batch === row.batch);
  return recipe(plan, row.product || (batch?.product ?? ""));
}

/** A report in words, without its time. */
export function reportText(row: Report, steps: string[], words: Words, own: ProductionWords, place: Place): string {
  const process = row.step === null ? "" : steps[row.step];
  const step = process ? named(words.processes, process) : own.step((row.step ?? 0) + 1);
  const unit = row.unit === null ? "" : ` ${row.unit}`;
  const machine = row.machine ? `${named(words.machines, row.machine)}${unit}` : "";
  const said = ((): string => {
    if (row.kind === "started") return own.told.started(step, row.batch, machine);
    if (row.kind === "finished") return own.told.finished(step, row.batch);
    if (row.kind === "failed") return own.told.failed(row.batch, row.reason);
    if (row.kind === "outage") return own.told.outage(machine, row.until ? dayClock(Date.parse(row.until), place) : "–", row.reason);
    if (row.kind === "stock") return own.told.stock(named(words.products, row.product), kg(row.kg ?? 0, words.locale));
    return own.told.undone(row.reason);
  })();
  return said.charAt(0).toUpperCase() + said.slice(1);
}
