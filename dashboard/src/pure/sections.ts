/** The parts of the data tab, named in the address after its slash. */
export const SECTIONS = ["health", "climate", "forecast", "money", "system"] as const;
export type Section = (typeof SECTIONS)[number];

/** The section that an address names; the health of the data for any other. */
export function sectionOf(detail: string): Section {
  return SECTIONS.find((one) => one === detail) ?? "health";
}
