/** ISO weeks by name. */
import { DAY } from "./time";

/** The ISO week some weeks later: "2026-W01" and -1 give "2025-W52". */
export function shiftWeek(name: string, weeks: number): string {
  const [year = 0, week = 1] = name.split("-W").map(Number);
  const fourth = Date.UTC(year, 0, 4);
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY + (week - 1) * 7 * DAY;
  const thursday = new Date(monday + (3 + 7 * weeks) * DAY);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const number = Math.floor((thursday.getTime() - first) / (7 * DAY)) + 1;
  return `${thursday.getUTCFullYear()}-W${String(number).padStart(2, "0")}`;
}
