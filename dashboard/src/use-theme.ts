import { ref, watchEffect, type Ref } from "vue";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "choco.theme";

function recall(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

/** Light or dark: as the system says unless chosen; the style sheet reads it from `data-theme`. */
export function useTheme(): Ref<Theme> {
  const theme = ref<Theme>(recall());
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const dark = ref(system.matches);
  system.addEventListener("change", () => {
    dark.value = system.matches;
  });
  watchEffect(() => {
    const shown = theme.value === "system" ? (dark.value ? "dark" : "light") : theme.value;
    document.documentElement.dataset["theme"] = shown;
    window.dispatchEvent(new CustomEvent("choco-theme"));
    try {
      localStorage.setItem(KEY, theme.value);
    } catch {
      // A browser that keeps nothing still switches for this visit.
    }
  });
  return theme;
}
