import { decimal } from "./format";

/** A number as it is shown, without the sign that rounding leaves on a nought. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}

/** "+0,79", "−0,19", "0,00": a change with its sign, a true minus and no sign on what is shown as nought. */
export function signed(value: number, locale: string, digits: number): string {
  const size = decimal(Math.abs(value), locale, digits);
  if (decimal(0, locale, digits) === size) return size;
  return `${value < 0 ? "−" : "+"}${size}`;
}
