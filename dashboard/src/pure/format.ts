/** Numbers as people of a locale write them. */

const made = new Map<string, Intl.NumberFormat>();

function number(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  let found = made.get(key);
  if (!found) {
    // What is rounded to zero is told as zero, not as minus zero.
    found = new Intl.NumberFormat(locale, { signDisplay: "negative", ...options });
    made.set(key, found);
  }
  return found;
}

export function decimal(value: number, locale: string, digits: number): string {
  return number(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** "1234,50 €" or "€1,234.50". */
export function eur(value: number, locale: string): string {
  return number(locale, { style: "currency", currency: "EUR" }).format(value);
}

/** "0,142 €/kWh". */
export function eurKwh(value: number, locale: string): string {
  return `${decimal(value, locale, 3)}\u00a0€/kWh`;
}

/** "61,30 €/MWh". */
export function eurMwh(value: number, locale: string): string {
  return `${decimal(value, locale, 2)}\u00a0€/MWh`;
}

/** From a share of one: 0.0124 is "1,2 %". */
export function percent(share: number, locale: string, digits = 1): string {
  return number(locale, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
}

export function kwh(value: number, locale: string): string {
  return `${decimal(value, locale, value < 100 && value % 1 !== 0 ? 1 : 0)}\u00a0kWh`;
}

export function kw(value: number, locale: string): string {
  return `${decimal(value, locale, value % 1 === 0 ? 0 : 1)}\u00a0kW`;
}

/** "hace 7 h"; whole minutes below two hours, hours below two days, then days. */
export function age(minutes: number, locale: string): string {
  const relative = new Intl.RelativeTimeFormat(locale, { style: "short" });
  if (minutes < 120) return relative.format(-Math.max(0, Math.round(minutes)), "minute");
  if (minutes < 2880) return relative.format(-Math.round(minutes / 60), "hour");
  return relative.format(-Math.round(minutes / 1440), "day");
}

/** "conchado (2) y refino". */
export function list(items: string[], locale: string): string {
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(items);
}

/** A price in the unit the person chose. */
export function priceText(value: number, unit: "allIn" | "market", locale: string): string {
  return unit === "allIn" ? eurKwh(value, locale) : eurMwh(value, locale);
}
