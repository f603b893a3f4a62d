import { computed, ref, watchEffect, type ComputedRef, type Ref } from "vue";

import { DICTIONARIES, pickLanguage, type Language, type Words } from "./i18n";

const KEY = "choco.language";

/** The language of the page, remembered in the browser where it allows that. */
export function useLanguage(): { language: Ref<Language>; words: ComputedRef<Words> } {
  const language = ref<Language>(pickLanguage(recall(), navigator.language));
  const words = computed(() => DICTIONARIES[language.value]);
  watchEffect(() => {
    document.documentElement.lang = language.value;
  });
  return { language, words };
}

function recall(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function remember(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // A browser that keeps nothing still switches for this visit.
  }
}
