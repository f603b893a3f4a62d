/** Dates of years past, and calendar days that have no moment. */
import { DAY, dayClock, type Place } from "./time";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options);
    formats.set(key, found);
  }
  return found;
}

/** "31 dic 2017" of a moment in the site's zone. */
export function dateText(ms: number, place: Place): string {
  return format(place.locale, { day: "numeric", month: "short", year: "numeric", timeZone: place.zone }).format(ms);
}

/** "mié 11 00:00" near now, "31 dic 2017" a week and more away. */
export function nearText(ms: number, now: number, place: Place): string {
  return Math.abs(ms - now) < 7 * DAY ? dayClock(ms, place) : dateText(ms, place);
}

/** "mié 11 00:00 – jue 12 00:00", both ends alike: by date where the first is a week and more away. */
export function spanText(start: number, end: number, now: number, place: Place): string {
  const say = Math.abs(start - now) < 7 * DAY ? dayClock : dateText;
  return `${say(start, place)} – ${say(end, place)}`;
}

/** "mié 11" of a day as "2026-03-11". */
export function dayName(day: string, locale: string): string {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return `${format(locale, { weekday: "short", timeZone: "UTC" }).format(ms)} ${new Date(ms).getUTCDate()}`;
}

/** "30 oct 2025" of a day as "2025-10-30". */
export function dayText(day: string, locale: string): string {
  return format(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));
}

/** Names of the twelve months, January first. */
export function monthNames(locale: string, width: "narrow" | "short" | "long"): string[] {
  return Array.from({ length: 12 }, (_, month) => format(locale, { month: width, timeZone: "UTC" }).format(Date.UTC(2026, month, 1)));
}
