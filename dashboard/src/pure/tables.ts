/** The charts as tables: heads and rows of text. */
import { named, type Words } from "../i18n";
import { decimal, priceText } from "./format";
import { dayClock, type Place } from "./time";
import { bandOf, isForecast, priceOf, type Slot } from "./timeline";

export interface Table {
  head: string[];
  numeric: number[];
  rows: () => string[][];
}

const NOTHING = "–";

export function originText(origin: string, words: Words): string {
  return named(words.price as unknown as Record<string, string>, origin);
}

export function priceTable(slots: Slot[], words: Words, place: Place): Table {
  const band = (slot: Slot): string => {
    const range = isForecast(slot) ? bandOf(slot, "market") : null;
    return range ? range.map((end) => decimal(end, words.locale, 2)).join(" – ") : NOTHING;
  };
  const allIn = (slot: Slot): string => {
    const value = priceOf(slot, "allIn");
    return value === null ? NOTHING : priceText(value, "allIn", words.locale);
  };
  const { price, table } = words;
  return {
    head: [table.time, price.allIn, price.market, price.band, price.period, price.levelRow, table.origin],
    numeric: [1, 2, 3],
    rows: () =>
      slots.map((slot) => [
        dayClock(slot.start, place),
        allIn(slot),
        priceText(slot.mwh, "market", words.locale),
        band(slot),
        slot.period ?? NOTHING,
        slot.level ? words.level[slot.level] : NOTHING,
        originText(slot.origin, words),
      ]),
  };
}
