import { en } from "./en";
import { es, type Words } from "./es";

export type { Words };
export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export const DICTIONARIES: Record<Language, Words> = { es, en };

/** What was chosen before, else English for an English browser, else Spanish. */
export function pickLanguage(stored: string | null, browser: string): Language {
  if (stored === "es" || stored === "en") return stored;
  return browser.toLowerCase().startsWith("en") ? "en" : "es";
}

/** The word for a name of the factory file; a name the page does not know is shown as the file has it. */
export function named(dictionary: Record<string, string>, name: string): string {
  return Object.hasOwn(dictionary, name) ? (dictionary[name] ?? name) : name;
}
