import { describe, expect, it } from "vitest";

import css from "../src/styles.css?inline";

function variables(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? "", value ?? ""]));
}

const [lightBlock = "", darkBlock = ""] = [...css.matchAll(/:root(?:\[data-theme="dark"\])? \{([^}]*#[^}]*)\}/g)].map((found) => found[1] ?? "");
const themes = { light: variables(lightBlock), dark: variables(darkBlock) };

/** Relative luminance and contrast ratio of WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const TEXT: [string, string][] = [
  ["text", "page-ground"], ["text", "surface"], ["text", "raised"], ["muted", "page-ground"], ["muted", "surface"],
  ["muted", "raised"], ["on-accent", "accent"], ["danger-ink", "danger-soft"], ["warn-ink", "warn-soft"],
  ["warn-ink", "surface"], ["danger", "surface"], ["cheap", "surface"], ["dear", "surface"], ["now", "surface"],
  ["on-very-low", "very-low"], ["on-low", "low"], ["on-normal", "normal"], ["on-high", "high"],
  ["on-very-high", "very-high"], ["text", "period-a"], ["text", "period-b"],
  ["on-product", "product-1"], ["on-product", "product-2"], ["on-product", "product-3"], ["on-product", "product-4"],
];
const GRAPHICS: [string, string][] = [
  ["price", "surface"], ["load", "surface"], ["danger", "surface"], ["danger-fill", "surface"], ["focus", "surface"],
  ["product-1", "surface"], ["product-2", "surface"], ["product-3", "surface"], ["product-4", "surface"],
  ["battery", "surface"], ["solar", "surface"],
];

describe.each(Object.entries(themes))("the %s theme", (_, colours) => {
  const ratio = ([front, back]: [string, string]): number => {
    const [a, b] = [colours.get(front), colours.get(back)];
    if (!a || !b) throw new Error(`no colour ${front} or ${back}`);
    return contrast(a, b);
  };

  it.each(TEXT)("has readable text: %s on %s", (front, back) => {
    expect(ratio([front, back])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(GRAPHICS)("has visible graphics: %s on %s", (front, back) => {
    expect(ratio([front, back])).toBeGreaterThanOrEqual(3);
  });
});
