/** What a plan says of itself and of its runs, as codes and numbers that the words of a language are put to. */
import type { Plan, RunRow } from "../api";

/** A run as the page draws it; what has begun before the plan has no energy, cost or reason of its own. */
export type BarRun = Pick<RunRow, "batch" | "product" | "process" | "machine" | "unit" | "start" | "end"> &
  Partial<Pick<RunRow, "mode" | "energy_kwh" | "cost_eur" | "why">>;

export type RunState = "done" | "running" | "coming";

/** What is marked on a run: `told` says how its start is known, `moved` by how many minutes it was moved. */
export interface Marks {
  state: RunState;
  told: "reported" | "assumed" | null;
  frozen: boolean;
  moved: number | null;
}

export interface Reported {
  batch: string;
  process: string;
  reported: boolean;
}

/** What is known beside the plan: what was reported, and which runs the plan before had elsewhere. */
export interface Facts {
  underWay: readonly Reported[];
  moved: readonly { batch: string; process: string; minutes: number }[];
}

export const NO_FACTS: Facts = { underWay: [], moved: [] };

/** All runs of a plan: those that had begun when it was made, then those it places. */
export function allRuns(plan: Plan | null): BarRun[] {
  return plan ? [...(plan.begun ?? []), ...plan.runs] : [];
}

function key(run: { batch: string; process: string }): string {
  return `${run.batch}\n${run.process}`;
}

/** A function that tells the marks of a run at a moment. */
export function marker(plan: Plan | null, facts: Facts, now: number): (run: BarRun) => Marks {
  const told = new Map(facts.underWay.map((row) => [key(row), row.reported]));
  const moved = new Map(facts.moved.map((row) => [key(row), row.minutes]));
  const frozen = new Set((plan?.frozen ?? []).map(key));
  return (run) => {
    const name = key(run);
    const [start, end] = [Date.parse(run.start), Date.parse(run.end)];
    const state = end <= now ? "done" : start <= now ? "running" : "coming";
    const said = told.get(name);
    return {
      state,
      told: state === "coming" ? null : said ? "reported" : "assumed",
      frozen: state === "coming" && frozen.has(name),
      moved: moved.get(name) ?? null,
    };
  };
}

/** Why a plan was made: known codes, one each. */
export function causes(because: string): string[] {
  return because.split(",").map((part) => part.trim()).filter(Boolean);
}

export type Verdict = "cheaper" | "notCheaper" | "later" | "lessLate" | "fewer" | "noLongerFits" | "other";

const VERDICTS: [RegExp, Verdict][] = [
  [/^It is cheaper by more/, "cheaper"],
  [/^A new plan is not cheaper/, "notCheaper"],
  [/^The new one would be later/, "later"],
  [/^What is due is less late/, "lessLate"],
  [/^Fewer batches are wanted/, "fewer"],
  [/^The plan before no longer fits/, "noLongerFits"],
];

/** Which of the known reasons decided between a new plan and the one before. */
export function verdict(reason: string): Verdict {
  return VERDICTS.find(([form]) => form.test(reason))?.[1] ?? "other";
}

export interface Rank {
  /** EUR/kWh on average. */
  price: number;
  rank: number;
  starts: number;
}

const RANK = /^(-?[\d.]+) EUR\/kWh on average; start (\d+) of (\d+) allowed ones by price/;

/** The figures of a run's reason; null where it says something else. */
export function rankOf(why: string | undefined): Rank | null {
  const found = RANK.exec(why ?? "");
  return found ? { price: Number(found[1]), rank: Number(found[2]), starts: Number(found[3]) } : null;
}

/** Steps of a product's recipe in order, as far as the plan shows a whole batch of it. */
export function recipe(plan: Plan | null, product: string): string[] {
  const batches = new Map<string, BarRun[]>();
  for (const run of allRuns(plan)) {
    if (run.product !== product) continue;
    batches.set(run.batch, [...(batches.get(run.batch) ?? []), run]);
  }
  let longest: BarRun[] = [];
  for (const runs of batches.values()) if (runs.length > longest.length) longest = runs;
  return [...longest].sort((a, b) => Date.parse(a.start) - Date.parse(b.start)).map((run) => run.process);
}

/** The runs of a batch in order. */
export function runsOf(plan: Plan | null, batch: string): BarRun[] {
  return allRuns(plan)
    .filter((run) => run.batch === batch)
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}

/** Hours and minutes of a number of minutes: "1 h 30 min". */
export function lasting(minutes: number): string {
  const whole = Math.abs(Math.round(minutes));
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  return [hours > 0 ? `${hours}\u00a0h` : "", rest > 0 || hours === 0 ? `${rest}\u00a0min` : ""].filter(Boolean).join(" ");
}
