import { onMounted, onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { readDashboard, Refusal, type Dashboard, type Problem } from "./api";
import { pause } from "./pure/poll";

export interface Reading {
  data: ShallowRef<Dashboard | null>;
  /** The last read failed; `data` keeps what was read before. */
  failed: Ref<boolean>;
  problem: ShallowRef<Problem | null>;
  /** Minutes since `data` was received, counted at each try. */
  ageMinutes: Ref<number>;
  read: () => Promise<void>;
}

/** Reads the page's data again and again while the page is visible. */
export function useDashboard(language: Ref<string>): Reading {
  const data = shallowRef<Dashboard | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const failed = ref(false);
  const ageMinutes = ref(0);
  let received = 0;
  let timer = 0;
  let newest = 0;

  async function read(): Promise<void> {
    window.clearTimeout(timer);
    const mine = ++newest;
    try {
      const answer = await readDashboard(language.value);
      if (mine !== newest) return;
      data.value = answer;
      received = performance.now();
      failed.value = false;
      problem.value = null;
    } catch (error) {
      if (mine !== newest) return;
      failed.value = true;
      problem.value = error instanceof Refusal ? error.problem : null;
    }
    ageMinutes.value = Math.round((performance.now() - received) / 60_000);
    schedule();
  }

  function schedule(): void {
    window.clearTimeout(timer);
    if (document.hidden) return;
    timer = window.setTimeout(() => void read(), pause(data.value?.state ?? null, failed.value, Boolean(data.value?.activity)));
  }

  function onVisibility(): void {
    if (document.hidden) window.clearTimeout(timer);
    else void read();
  }

  onMounted(() => {
    document.addEventListener("visibilitychange", onVisibility);
    void read();
  });
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", onVisibility);
    window.clearTimeout(timer);
  });
  return { data, failed, problem, ageMinutes, read };
}
