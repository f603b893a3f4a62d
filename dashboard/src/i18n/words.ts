import { computed, type ComputedRef } from "vue";

import { useContext } from "../context";
import type { Language } from "./index";

/** The words of one area of the page in every language; a missing one does not compile. */
export type Area<Shape> = Record<Language, Shape>;

/** Words of an area: `es` sets the shape, `en` must have the same keys with the same parameters. */
export function area<Shape>(es: Shape, en: NoInfer<Shape>): Area<Shape> {
  return { es, en };
}

/** "1 lote", "2 lotes". */
export function many(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** The area's words in the language of the page. */
export function useWords<Shape>(words: Area<Shape>): ComputedRef<Shape> {
  const { language } = useContext();
  return computed(() => words[language.value]);
}

/** The area's words for a locale, where there is no page around. */
export function wordsIn<Shape>(words: Area<Shape>, locale: string): Shape {
  return locale.startsWith("en") ? words.en : words.es;
}
