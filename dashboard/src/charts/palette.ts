/** Colours of the charts: the same CSS variables as the rest of the page. */

const NAMES = [
  "surface", "text", "muted", "line", "grid", "price", "band", "now", "load", "load-fill", "danger", "danger-fill",
  "cheap", "dear",
  "very-low", "low", "normal", "high", "very-high",
  "on-very-low", "on-low", "on-normal", "on-high", "on-very-high",
  "product-1", "product-2", "product-3", "product-4", "on-product", "period-a", "period-b",
  "battery", "solar",
] as const;

export type ColourName = (typeof NAMES)[number];
export type Palette = Record<ColourName, string> & { font: string };

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...(colours as Record<ColourName, string>), font: style.getPropertyValue("--font").trim() };
}

const PRODUCTS: ColourName[] = ["product-1", "product-2", "product-3", "product-4"];

/** Colour of a product by its place among the products of the plan; beyond four they repeat. */
export function productColour(products: string[], name: string): ColourName {
  return PRODUCTS[Math.max(0, products.indexOf(name)) % PRODUCTS.length] ?? "product-1";
}
