import type { components, paths } from "./api.gen";

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
  type: string;
  title: string;
  status: number;
  detail: string;
  hint: string;
  /** The cause as a word, where the server has one. */
  cause?: string | undefined;
  /** What could not be made and by which rules, where no plan fits. */
  conflicts?: Record<string, unknown>[];
}

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Body of a JSON answer with status 200 or 201. */
type Body<Operation> = Operation extends { responses: infer Answers }
  ? Answers extends { 200: { content: { "application/json": infer Found } } }
    ? Found
    : Answers extends { 201: { content: { "application/json": infer Made } } }
      ? Made
      : never
  : never;

type With<Method extends string> = { [Path in keyof paths]: paths[Path] extends Record<Method, object> ? Path : never }[keyof paths];
export type Readable = With<"get">;
export type Orderable = With<"post">;
export type Answer<Path extends Readable> = paths[Path] extends { get: infer Operation } ? Body<Operation> : never;
export type Done<Path extends Orderable> = paths[Path] extends { post: infer Operation } ? Body<Operation> : never;
export type Order<Path extends Orderable> = paths[Path] extends { post: { requestBody?: { content: { "application/json": infer Sent } } } } ? Sent : undefined;

/** Values for `{names}` of a path and for its query; null and undefined are left out of the query. */
export interface Ask {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | null | undefined>;
}

const READ_TIMEOUT_MS = 20_000;

export function address(template: string, ask: Ask = {}): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ask.path?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query ?? {})) {
    if (value !== null && value !== undefined) query.set(name, String(value));
  }
  const asked = query.toString();
  return asked ? `${path}?${asked}` : path;
}

export async function refusal(answer: Response): Promise<Refusal> {
  const text = await answer.text();
  let said: Partial<Problem> = {};
  try {
    said = JSON.parse(text) as Partial<Problem>;
  } catch {
    said = {};
  }
  return new Refusal({
    type: said.type ?? "about:blank",
    title: said.title ?? answer.statusText,
    status: answer.status,
    detail: said.detail ?? "",
    hint: said.hint ?? "",
    cause: said.cause,
    conflicts: said.conflicts ?? [],
  });
}

/** Reads a route; throws `Refusal` or a network error. The browser keeps the answer and asks with its ETag. */
export async function read<Path extends Readable>(template: Path, language: string, ask: Ask = {}): Promise<Answer<Path>> {
  const answer = await fetch(address(template, ask), {
    headers: { Accept: "application/json", "Accept-Language": language },
    signal: AbortSignal.timeout(READ_TIMEOUT_MS),
  });
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()) as Answer<Path>;
}

/** Posts to a route; throws `Refusal` or a network error. A solve takes a minute or so, hence no time limit here. */
export async function post<Path extends Orderable>(
  template: Path,
  language: string,
  body: Order<Path>,
  ask: Ask = {},
  signal: AbortSignal | null = null,
): Promise<Done<Path>> {
  const answer = await fetch(address(template, ask), {
    method: "POST",
    signal,
    headers: {
      Accept: "application/json",
      "Accept-Language": language,
      "Content-Type": "application/json",
      "X-Requested-With": "choco",
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()) as Done<Path>;
}

/** What a failed request says: the server's problem, or null where no answer came. */
export function problemOf(error: unknown): Problem | null {
  return error instanceof Refusal ? error.problem : null;
}
