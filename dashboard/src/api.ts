import type { components } from "./api.gen";

type Schemas = components["schemas"];
export type Dashboard = Schemas["Dashboard"];
export type Advice = Schemas["AdviceAnswer"];
export type PriceStrip = Schemas["PriceStrip"];
export type Plan = Schemas["PlanAnswer"];
export type RunRow = Schemas["RunRow"];
export type StockRow = Schemas["StockRow"];
export type MachineRow = Schemas["MachineRow"];
export type SeriesHealth = Schemas["SeriesHealth"];
export type Trouble = Schemas["Trouble"];
export type PlanOrder = Schemas["PlanOrder"];
export type Level = NonNullable<Schemas["PriceSlot"]["level"]>;

/** The server said no, as RFC 9457 problem details. */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  hint: string;
}

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

const READ_TIMEOUT_MS = 20_000;

async function refusal(answer: Response): Promise<Refusal> {
  const text = await answer.text();
  let said: Partial<Problem> = {};
  try {
    said = JSON.parse(text) as Partial<Problem>;
  } catch {
    said = {};
  }
  return new Refusal({
    title: said.title ?? answer.statusText,
    status: answer.status,
    detail: said.detail ?? "",
    hint: said.hint ?? "",
  });
}

/** The one read of the page; throws `Refusal` or a network error. */
export async function readDashboard(language: string): Promise<Dashboard> {
  const answer = await fetch("/api/v1/dashboard", {
    headers: { Accept: "application/json", "Accept-Language": language },
    signal: AbortSignal.timeout(READ_TIMEOUT_MS),
  });
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()) as Dashboard;
}

/** Asks for a new plan; resolves when it is stored. A solve takes a minute or so, hence no time limit here. */
export async function orderPlan(order: PlanOrder, language: string): Promise<void> {
  const answer = await fetch("/api/v1/plans", {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Accept-Language": language,
      "Content-Type": "application/json",
      "X-Requested-With": "choco",
    },
    body: JSON.stringify(order),
  });
  if (!answer.ok) throw await refusal(answer);
}
