/** Moments are milliseconds since the epoch; every wall time is that of the site's zone. */

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  weekday: number;
}

export interface Place {
  zone: string;
  locale: string;
}

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();
const walls = new Map<string, Map<number, Wall>>();

function format(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${zone}|${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
    formats.set(key, found);
  }
  return found;
}

/** Wall time of a moment in a zone. */
export function wall(ms: number, zone: string): Wall {
  let known = walls.get(zone);
  if (!known) {
    known = new Map();
    walls.set(zone, known);
  }
  const cached = known.get(ms);
  if (cached) return cached;
  const parts = format("en-GB", zone, {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    hourCycle: "h23",
  }).formatToParts(ms);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const [year, month, day] = [read("year"), read("month"), read("day")];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const made = { year, month, day, hour: read("hour"), minute: read("minute"), weekday };
  known.set(ms, made);
  return made;
}

function sameClock(a: Wall, b: Wall): boolean {
  return a.day === b.day && a.month === b.month && a.hour === b.hour && a.minute === b.minute;
}

/** Whether the wall time of this moment occurs twice, as when clocks go back. */
export function isRepeated(ms: number, zone: string): boolean {
  const here = wall(ms, zone);
  return [-HOUR, HOUR, -HOUR / 2, HOUR / 2].some((shift) => sameClock(here, wall(ms + shift, zone)));
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** "02:30", or "02:30 CEST" where the same wall time occurs twice. */
export function clock(ms: number, place: Place): string {
  const here = wall(ms, place.zone);
  const text = `${pad(here.hour)}:${pad(here.minute)}`;
  return isRepeated(ms, place.zone) ? `${text} ${offsetName(ms, place.zone)}` : text;
}

/** "CET", "CEST", or "GMT-3" where the zone has no letters of its own. */
export function offsetName(ms: number, zone: string): string {
  const parts = format("en-GB", zone, { timeZoneName: "short" }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** "mié 11". */
export function dayShort(ms: number, place: Place): string {
  const name = format(place.locale, place.zone, { weekday: "short" }).format(ms);
  return `${name} ${wall(ms, place.zone).day}`;
}

/** "mié 11 02:30". */
export function dayClock(ms: number, place: Place): string {
  return `${dayShort(ms, place)} ${clock(ms, place)}`;
}

/** "mié 11 22:00–02:30", with the second day named when it is another one. */
export function span(start: number, end: number, place: Place): string {
  const [a, b] = [wall(start, place.zone), wall(end, place.zone)];
  const last = a.day === b.day && a.month === b.month ? clock(end, place) : dayClock(end, place);
  return `${dayClock(start, place)}–${last}`;
}

/** Calendar days from one moment's local day to another's: 0 the same day, 1 the next. */
export function daysApart(from: number, to: number, zone: string): number {
  const [a, b] = [wall(from, zone), wall(to, zone)];
  return Math.round((Date.UTC(b.year, b.month - 1, b.day) - Date.UTC(a.year, a.month - 1, a.day)) / DAY);
}

const STEPS = [1, 2, 3, 6, 12, 24, 48, 96];

/** Moments for an axis: round local hours at the finest step that gives at most `most` of them. */
export function ticks(from: number, to: number, zone: string, most: number): number[] {
  const first = Math.ceil(from / (15 * MINUTE)) * 15 * MINUTE;
  const round: number[] = [];
  for (let ms = first; ms <= to; ms += 15 * MINUTE) {
    if (wall(ms, zone).minute === 0) round.push(ms);
  }
  for (const step of STEPS) {
    const chosen = round.filter((ms) => fits(ms, zone, step));
    if (chosen.length <= most) return chosen;
  }
  return [];
}

function fits(ms: number, zone: string, step: number): boolean {
  const here = wall(ms, zone);
  if (step < 24) return here.hour % step === 0;
  const day = Date.UTC(here.year, here.month - 1, here.day) / DAY;
  return here.hour === 0 && day % (step / 24) === 0;
}

export function isMidnight(ms: number, zone: string): boolean {
  const here = wall(ms, zone);
  return here.hour === 0 && here.minute === 0;
}

/** "2026-03-11T06:15", as a field of local date and time wants it. */
export function localText(ms: number, zone: string): string {
  const here = wall(ms, zone);
  return `${here.year}-${pad(here.month)}-${pad(here.day)}T${pad(here.hour)}:${pad(here.minute)}`;
}

/** The moments that a local date and time can mean: one, two where clocks go back, none where they skip it or it is no time. */
export function momentsOf(text: string, zone: string): number[] {
  const read = Date.parse(`${text}Z`);
  if (!Number.isFinite(read)) return [];
  const found: number[] = [];
  for (let shift = -15 * HOUR; shift <= 15 * HOUR; shift += HOUR / 4) {
    if (localText(read + shift, zone) === text.slice(0, 16)) found.push(read + shift);
  }
  return found;
}
