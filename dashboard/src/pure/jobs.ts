/** What runs unattended, in words. */
import type { Answer } from "../api";
import { named } from "../i18n";
import type { JobWords } from "../i18n/areas/jobs";
import { decimal } from "./format";
import type { State } from "./health";

export type Job = Answer<"/api/v1/jobs">["jobs"][number];

/** "every 15 min", "daily at 04:30", "Mondays at 04:30" in the language of the page; another text as it is. */
export function cadenceText(cadence: string, own: JobWords): string {
  const every = /^every (\d+) min$/.exec(cadence)?.[1];
  if (every) return own.every(every);
  const [, day, at] = /^(\w+) at (\d\d:\d\d)$/.exec(cadence) ?? [];
  if (!day || !at) return cadence;
  return day === "daily" ? own.daily(at) : own.weekly(named(own.weekdays, day), at);
}

/** "0,3 s", "12 s", "3,5 min"; "" where nothing was measured. */
export function tookText(seconds: number | null, own: JobWords, locale: string): string {
  if (seconds === null) return "";
  if (seconds < 90) return own.seconds(decimal(seconds, locale, seconds < 10 ? 1 : 0));
  return own.minutes(decimal(seconds / 60, locale, seconds < 600 ? 1 : 0));
}

/** Which of the states of data an outcome looks like. */
export function stateOf(job: Job): State {
  if (job.outcome === null || job.outcome === "running") return "off";
  if (job.outcome === "ok") return "ok";
  return job.outcome === "failed" ? "failing" : "late";
}

export const isBad = (job: Job): boolean => job.outcome === "failed" || job.outcome === "overdue";
