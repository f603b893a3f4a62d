/** What the page says in words. */
import type { Advice, Plan } from "../api";
import { named, type Words } from "../i18n";
import { modelWords } from "../i18n/areas/models";
import { wordsIn } from "../i18n/words";
import { kw, list, percent, priceText } from "./format";
import { modelText } from "./models";
import { clock, dayClock, dayShort, daysApart, type Place } from "./time";
import { extremes, greatestExcess, isForecast, knownUntil, peakOf, priceOf, type Load, type Slot, type Unit } from "./timeline";

/** "hoy a las 02:00", "mañana a las 06:00", "el jue 12 a las 06:00". */
export function whenText(ms: number, now: number, words: Words, place: Place): string {
  const at = words.when.at(clock(ms, place));
  const days = daysApart(now, ms, place.zone);
  if (days === 0) return words.when.today(at);
  return days === 1 ? words.when.tomorrow(at) : words.when.later(dayShort(ms, place), at);
}

function untilText(ms: number, now: number, words: Words, place: Place): string {
  const at = words.when.at(clock(ms, place));
  const days = daysApart(now, ms, place.zone);
  if (days === 0) return words.when.untilToday(at);
  return days === 1 ? words.when.untilTomorrow(at) : words.when.untilLater(dayShort(ms, place), at);
}

/** Processes with how often each runs: "conchado (2) y refino". */
export function processList(processes: string[], words: Words): string {
  const counts = new Map<string, number>();
  for (const process of processes) counts.set(process, (counts.get(process) ?? 0) + 1);
  const items = [...counts].map(([process, count]) => {
    const word = named(words.processes, process);
    return count > 1 ? `${word} (${count})` : word;
  });
  return list(items, words.locale);
}

/** The answer to "run now or wait?" as a sentence and, when something runs, what follows it. */
export function answer(
  advice: Advice | null,
  now: number,
  words: Words,
  place: Place,
): { main: string; then: string | null } {
  if (!advice) return { main: words.answer.noPlan, then: null };
  const next = advice.next;
  if (advice.action === "run" && advice.running.length > 0) {
    const until = Math.max(...advice.running.map((run) => Date.parse(run.end)));
    const what = processList(advice.running.map((run) => run.process), words);
    const then = next
      ? words.answer.next(named(words.processes, next.process), whenText(Date.parse(next.start), now, words, place))
      : null;
    return { main: words.answer.running(what, untilText(until, now, words, place)), then };
  }
  if (!next) return { main: words.answer.done, then: null };
  const when = whenText(Date.parse(next.start), now, words, place);
  return { main: words.answer.wait(named(words.processes, next.process), when), then: null };
}

/** How far from the proven minimum a plan can be. */
export function gapText(gap: number, words: Words): string {
  return gap < 0.0005 ? words.saving.optimal : words.saving.gap(percent(gap, words.locale));
}

/** Share of slots whose price needs no forecast. */
export function knownShare(plan: Plan): number {
  const { forecast, ...known } = plan.price_origin;
  const sure = Object.values(known).reduce((sum, count) => sum + count, 0);
  return sure + forecast > 0 ? sure / (sure + forecast) : 0;
}

export function priceSummary(slots: Slot[], now: number, unit: Unit, words: Words, place: Place): string {
  const ahead = extremes(slots, { start: now, end: Infinity }, unit);
  if (!ahead) return words.price.empty;
  const say = (slot: Slot): [string, string] => [
    priceText(priceOf(slot, unit) ?? 0, unit, words.locale),
    dayClock(slot.start, place),
  ];
  return words.price.summary(...say(ahead.low), ...say(ahead.high));
}

export function knownText(slots: Slot[], model: string, words: Words, place: Place): string {
  const until = knownUntil(slots);
  if (until === null) return "";
  const text = dayClock(until, place);
  return slots.some(isForecast) ? words.price.knownUntil(text, modelText(model, wordsIn(modelWords, words.locale))) : words.price.knownOnly(text);
}

export function planSummary(plan: Plan, words: Words, place: Place): string {
  const batches = new Set(plan.runs.map((run) => run.batch)).size;
  return words.plan.summary(batches, plan.runs.length, dayClock(Date.parse(plan.window.end), place));
}

export function loadSummary(loads: Load[], words: Words, place: Place): string {
  const peak = peakOf(loads);
  if (!peak) return words.plan.empty;
  const excess = greatestExcess(loads);
  const above = excess > 0 ? kw(excess, words.locale) : null;
  return words.load.summary(kw(peak.kw, words.locale), dayClock(peak.start, place), above);
}
