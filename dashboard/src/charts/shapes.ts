import type { Level } from "../api";
import type { ColourName } from "./palette";

/** A shape for each price level, drawn in a box of 12 by 12. */
export const LEVEL_SHAPES: Record<Level, string> = {
  very_low: "M1 1H11L6 6ZM1 6H11L6 11Z",
  low: "M1 3H11L6 10Z",
  normal: "M1 4.5H11V7.5H1Z",
  high: "M1 9H11L6 2Z",
  very_high: "M1 6H11L6 1ZM1 11H11L6 6Z",
};

export function levelFill(level: Level): ColourName {
  return level.replace("_", "-") as ColourName;
}

export function levelInk(level: Level): ColourName {
  return `on-${level.replace("_", "-")}` as ColourName;
}
