/** What the server said instead of doing it, in the language of the page. */
import type { Problem } from "../api";
import { named, type Words } from "../i18n";
import type { RefusalWords } from "../i18n/areas/refusals";
import { dayClock, type Place } from "./time";

/** Rules by name, joined; several where none alone is to blame. */
export function rulesText(rules: string[], own: RefusalWords): string {
  return rules.length > 0 ? rules.map((rule) => named(own.rules, rule)).join("; ") : own.several;
}

/** The kind of refusal in the language of the page. */
export function refusalText(problem: Problem | null, own: RefusalWords): string {
  if (!problem) return own.noAnswer;
  const kind = problem.type.split(":").at(-1) ?? "";
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
