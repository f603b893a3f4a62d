/** The health of all data: groups of series, their names, and what is to be said of them. */
import type { Answer } from "../api";
import { named } from "../i18n";
import type { FailureWords } from "../i18n/areas/failures";
import type { HealthWords } from "../i18n/areas/health";
import { nearText } from "./dates";
import { failureText } from "./failures";
import { age, decimal } from "./format";
import type { Place } from "./time";

export type DataHealth = Answer<"/api/v1/data">;
export type SeriesRow = DataHealth["series"][number];
export type State = SeriesRow["state"];
export type HoleRow = Answer<"/api/v1/holes">[number];

/** From the one that needs a person most to the one that needs nobody. */
export const STATES: State[] = ["failing", "missing", "late", "ok", "off"];
export const GROUPS = ["prices", "forecast", "observed", "system", "station", "elsewhereForecast", "elsewhereObserved", "siar", "files"] as const;
export type GroupName = (typeof GROUPS)[number];

export interface Group {
  name: GroupName;
  rows: SeriesRow[];
  worst: State;
  /** How many rows are in each state, the worst first; states without one are left out. */
  counts: [State, number][];
}

export function groupOf(row: SeriesRow): GroupName {
  const away = row.label.place !== "site";
  if (row.kind === "price") return "prices";
  if (row.kind === "system") return "system";
  if (row.kind === "climate") return "station";
  if (row.kind === "forecast") return away ? "elsewhereForecast" : "forecast";
  if (row.kind === "observed") return away ? "elsewhereObserved" : "observed";
  return row.label.place?.startsWith("siar_") ? "siar" : "files";
}

export function countStates(rows: SeriesRow[]): [State, number][] {
  return STATES.flatMap((state): [State, number][] => {
    const count = rows.filter((row) => row.state === state).length;
    return count > 0 ? [[state, count]] : [];
  });
}

/** The worst state of some; what is not set up is no trouble. */
export function worstOf(counts: [State, number][]): State {
  return counts[0]?.[0] ?? "off";
}

export function groupsOf(rows: SeriesRow[]): Group[] {
  return GROUPS.flatMap((name) => {
    const own = rows.filter((row) => groupOf(row) === name).sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    const counts = countStates(own);
    return own.length > 0 ? [{ name, rows: own, worst: worstOf(counts), counts }] : [];
  });
}

export const isTrouble = (state: State): boolean => !["ok", "off"].includes(state);

/** "Viento, A Coruña"; with `full` also whether it is a forecast. */
export function nameOf(row: SeriesRow, own: HealthWords, full = true): string {
  const quantity = named(own.quantities, row.label.quantity);
  const place = row.label.place === null || (!full && row.label.place === "site") ? "" : `, ${named(own.places, row.label.place)}`;
  return `${quantity}${place}${full && row.kind === "forecast" ? ` (${own.forecast})` : ""}`;
}

/** Names of series by key; a key that is not in the catalogue is shown as it is. */
export function namesOf(rows: SeriesRow[], own: HealthWords): (key: string) => string {
  const names = new Map(rows.map((row) => [row.series, nameOf(row, own)]));
  return (key) => names.get(key) ?? key;
}

/** "Open-Meteo (archivo), reanálisis": each part of what a source calls itself. */
export function sourceText(source: string, own: HealthWords): string {
  return source
    .split(", ")
    .map((part) => named(own.sources, part))
    .join(", ");
}

/** "hasta mié 11 00:00 · hace 7 h · faltan 24 valores". */
export function freshness(row: SeriesRow, own: HealthWords, now: number, place: Place): string {
  if (row.rows === 0) return row.state === "off" ? (row.kind === "imported" ? own.noFile : own.noSource) : own.nothing;
  const parts: string[] = [];
  const loaded = row.kind === "imported";
  const end = loaded ? row.newest : row.until;
  if (end) parts.push(own.until(nearText(Date.parse(end), now, place)));
  if (loaded) parts.push(own.loaded);
  else if (row.age_minutes !== null) parts.push(age(row.age_minutes, place.locale));
  else if (row.kind === "forecast") parts.push(own.oldForecast);
  if (row.holes > 0) parts.push(own.holes(row.holes, decimal(row.holes, place.locale, 0)));
  return parts.join(" · ");
}

/** What the reader can do; `foreign` where only the server's English says it. */
export function remedyOf(remedy: string, own: HealthWords): { text: string; foreign: boolean } | null {
  if (!remedy) return null;
  const variable = /^Set (CHOCO_\w+) to have it\.$/.exec(remedy)?.[1];
  if (variable) return { text: own.remedy.set(variable), foreign: false };
  if (remedy.startsWith("Run `choco sync`")) return { text: own.remedy.sync, foreign: false };
  const asked = /^It is asked again at every sync; .* what is wrong with (.+)\.$/.exec(remedy)?.[1];
  if (asked) return { text: own.remedy.again(asked.split(", ").map((name) => sourceText(name, own)).join(", ")), foreign: false };
  if (remedy.startsWith("Load its files")) return { text: own.remedy.load, foreign: false };
  return { text: remedy.replaceAll("`", ""), foreign: true };
}

/** Remedies of a group's troubled and unset rows, each once. */
export function remediesOf(rows: SeriesRow[], own: HealthWords): { text: string; foreign: boolean }[] {
  const found = new Map<string, { text: string; foreign: boolean }>();
  for (const row of rows) {
    const remedy = row.state === "ok" ? null : remedyOf(row.remedy, own);
    if (remedy) found.set(remedy.text, remedy);
  }
  return [...found.values()];
}

/** Which sources of a row fail, and why; null where the server says it in another form. */
export function failingOf(note: string): { source: string; reason: string }[] {
  return [...note.matchAll(/(\w+) failing since [\d-]+ [\d:]+ UTC: (.+?)(?=; \w+ failing since |$)/g)].map((found) => ({
    source: found[1] ?? "",
    reason: found[2] ?? "",
  }));
}

/** Why a hole is open, in the language of the page where the reason is one of the program's own. */
export function reasonOf(reason: string, own: HealthWords, failures: FailureWords): { text: string; foreign: boolean } {
  const beyond = /^out of reach of (.+)$/.exec(reason)?.[1];
  if (beyond) return { text: own.reasons.beyond(sourceText(beyond, own)), foreign: false };
  if (reason === "not asked for yet") return { text: own.reasons.notAsked, foreign: false };
  if (reason === "no source is set up") return { text: own.noSource, foreign: false };
  const nothing = /^(\w+): has nothing$/.exec(reason)?.[1];
  if (nothing) return { text: own.reasons.nothing(sourceText(nothing, own)), foreign: false };
  const told = reason.split("; ").map((part) => ({ source: /^(\w+): /.exec(part)?.[1], ...failureText(part, failures) }));
  if (told.every((one) => one.source && !one.quoted)) {
    return { text: told.map((one) => `${sourceText(one.source ?? "", own)}: ${one.text}`).join("; "), foreign: false };
  }
  return { text: reason, foreign: reason !== "" };
}
