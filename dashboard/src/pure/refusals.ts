/** What the server said instead of doing it, in the language of the page. */
import type { Problem } from "../api";
import { named, type Words } from "../i18n";
import type { RefusalWords } from "../i18n/areas/refusals";
import { dayClock, type Place } from "./time";

/** Rules by name, joined; several where none alone is to blame. */
export function rulesText(rules: string[], own: RefusalWords): string {
  return rules.length > 0 ? rules.map((rule) => named(own.rules, rule)).join("; ") : own.several;
}

const kindOf = (problem: Problem): string => problem.type.split(":").at(-1) ?? "";

/** What a problem says below its title: in the page's language where it can, `detail` as the server has it in English. */
export function adviceText(problem: Problem, own: RefusalWords): { remedy: string; detail: string } {
  if (problem.cause && Object.hasOwn(own.causes, problem.cause)) return { remedy: own.causes[problem.cause] ?? "", detail: "" };
  const remedy = own.remedies[kindOf(problem)] ?? (problem.status >= 500 ? own.faultRemedy : "");
  return remedy ? { remedy, detail: problem.detail } : { remedy: "", detail: `${problem.detail} ${problem.hint}`.trim() };
}

/** The kind of refusal in the language of the page. */
export function refusalText(problem: Problem | null, own: RefusalWords): string {
  if (!problem) return own.noAnswer;
  const kind = kindOf(problem);
  if (problem.status === 429) return own.refused["TooMany"] ?? own.refusedOther;
  if (problem.status === 401 || problem.status === 403) return own.refused["NotAllowed"] ?? own.refusedOther;
  if (Object.hasOwn(own.refused, kind)) return own.refused[kind] ?? own.refusedOther;
  return problem.status >= 500 ? own.fault : own.refusedOther;
}

/** What could not be made, by which rules, one line each. */
export function conflictTexts(conflicts: Record<string, unknown>[], words: Words, own: RefusalWords, place: Place): string[] {
  return conflicts.map((row) => {
    const due = String(row["due"] ?? "");
    const at = Date.parse(due);
    const rules = Array.isArray(row["rules"]) ? row["rules"].map(String) : [];
    const when = due.length > 10 && Number.isFinite(at) ? dayClock(at, place) : due;
    return own.conflict(Number(row["batches"] ?? 0), named(words.products, String(row["product"] ?? "")), when, rulesText(rules, own));
  });
}
