import { onMounted, onUnmounted, ref, type Ref } from "vue";

export const TABS = ["today", "plan", "data", "ask"] as const;
export type Tab = (typeof TABS)[number];

/** What was typed by hand may be no sound encoding: "50%" is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** "#plan/batch=12" is the tab "plan" with what it should open. */
function fromHash(): { tab: Tab; detail: string } {
  const [name = "", detail = ""] = window.location.hash.slice(1).split("/", 2);
  const tab = TABS.find((one) => one === name) ?? "today";
  return { tab, detail: decoded(detail) };
}

/** The chosen tab, kept in the address so that back, reload and links work. */
export function useTab(): { tab: Ref<Tab>; detail: Ref<string> } {
  const start = fromHash();
  const tab = ref<Tab>(start.tab);
  const detail = ref(start.detail);
  function follow(): void {
    const now = fromHash();
    if (now.tab !== tab.value) window.scrollTo(0, 0);
    tab.value = now.tab;
    detail.value = now.detail;
  }
  onMounted(() => window.addEventListener("hashchange", follow));
  onUnmounted(() => window.removeEventListener("hashchange", follow));
  return { tab, detail };
}
