/** Why a run is where it is, in words. */
import type { components } from "../api.gen";
import { named, type Words } from "../i18n";
import type { WhyWords } from "../i18n/areas/plan-why";
import type { RefusalWords } from "../i18n/areas/refusals";
import { decimal, eur, eurKwh, list } from "./format";
import { dayClock, type Place } from "./time";

export type Reason = components["schemas"]["ReasonRow"];
export type Move = components["schemas"]["MoveRow"];
export type StartAnswer = components["schemas"]["StartReasons"];

export interface Telling {
  words: Words;
  refusals: RefusalWords;
  why: WhyWords;
  place: Place;
}

const CENT = 0.005;

/** "3,20 € más", "3,20 € menos" or that it costs the same. */
export function differenceText(difference: number, { words, why }: Telling): string {
  if (Math.abs(difference) < CENT) return why.same;
  const amount = eur(Math.abs(difference), words.locale);
  return difference > 0 ? why.costs(amount) : why.saves(amount);
}

/** Price and rank of a run, in one sentence. */
export function rankSentence(row: Reason, { words, why }: Telling): string {
  const price = eurKwh(row.mean_price_eur_kwh, words.locale);
  if (row.rank === 1) return why.cheapest(price);
  return why.rank(price, decimal(row.rank, words.locale, 0), decimal(row.allowed_starts, words.locale, 0));
}

/** What keeps the cheaper starts away, the commonest first. */
export function blockedTexts(row: Reason, telling: Telling): string[] {
  const { words, refusals, why } = telling;
  const count = (value: number): string => decimal(value, words.locale, 0);
  const rules = Object.entries(row.cheaper_blocked_by).sort(([, a], [, b]) => b - a);
  const found = rules.map(([rule, times]) => why.blockedBy(count(times), named(refusals.rules, rule)));
  return row.cheaper_but_dearer > 0 ? [...found, why.dearer(count(row.cheaper_but_dearer))] : found;
}

/** What a move would do: "3,20 € más; se mueve también templado", or the rule against it. */
export function moveText(move: Move, telling: Telling): string {
  const { words, refusals, why } = telling;
  if (move.rule) return why.forbidden(named(refusals.rules, move.rule));
  if (move.difference_eur === null) return why.nothing;
  const along = move.moves_along.map((process) => named(words.processes, process));
  const told = differenceText(move.difference_eur, telling);
  return along.length > 0 ? `${told}; ${why.along(list(along, words.locale))}` : told;
}

/** The answer to "and at …?": what holding the run there costs, or that it cannot be. */
export function startText(answer: StartAnswer, telling: Telling): string {
  const { words, why, place } = telling;
  const when = dayClock(Date.parse(answer.asked_start), place);
  if (!answer.forced) return why.answerForbidden(when);
  const told = differenceText(answer.forced.difference_eur, telling);
  return answer.forced.within_gap ? why.answerGap(when, told) : why.answerCosts(when, told, eur(answer.forced.least_eur, words.locale));
}
