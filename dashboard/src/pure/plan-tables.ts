/** The load as a table. */
import type { Words } from "../i18n";
import { planWords } from "../i18n/areas/plan";
import { wordsIn } from "../i18n/words";
import { kw, kwh } from "./format";
import type { Table } from "./tables";
import { dayClock, type Place } from "./time";
import type { Load } from "./timeline";

const NOTHING = "–";

/** Site load by slot; what battery and array do where the plant has them. */
export function loadTable(loads: Load[], words: Words, place: Place): Table {
  const { load, table } = words;
  const own = wordsIn(planWords, words.locale);
  const power = (value: number | null): string => (value === null ? NOTHING : kw(value, words.locale));
  const assets = [
    { head: own.solarLine, there: loads.some((one) => one.solar !== null), cell: (one: Load) => power(one.solar) },
    { head: own.batteryLine, there: loads.some((one) => one.battery !== null), cell: (one: Load) => power(one.battery) },
    {
      head: own.stored,
      there: loads.some((one) => one.stored !== null),
      cell: (one: Load) => (one.stored === null ? NOTHING : kwh(one.stored, words.locale)),
    },
  ].filter((asset) => asset.there);
  return {
    head: [table.time, load.site, load.contracted, load.excess, ...assets.map((asset) => asset.head)],
    numeric: [1, 2, 3, 4, 5, 6],
    rows: () =>
      loads.map((one) => [
        dayClock(one.start, place),
        kw(one.kw, words.locale),
        power(one.contracted),
        one.contracted !== null && one.kw > one.contracted ? kw(one.kw - one.contracted, words.locale) : NOTHING,
        ...assets.map((asset) => asset.cell(one)),
      ]),
  };
}
