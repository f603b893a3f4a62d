import { onMounted, onUnmounted, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import { problemOf, read as readRoute, type Dashboard, type Problem } from "./api";
import { pause } from "./pure/poll";
import type { News } from "./use-news";

export interface Reading {
  data: ShallowRef<Dashboard | null>;
  /** The last read failed; `data` keeps what was read before. */
  failed: Ref<boolean>;
  problem: ShallowRef<Problem | null>;
  /** Minutes since `data` was received, counted at each try. */
  ageMinutes: Ref<number>;
  read: () => Promise<void>;
}

const TOPICS = ["prices", "plan", "data", "production", "activity", "alerts"] as const;

/** Reads the page's data with every piece of news, and by the clock, while the page is visible. */
export function useDashboard(language: Ref<string>, news: News): Reading {
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
      const answer = await readRoute("/api/v1/dashboard", language.value);
      if (mine !== newest) return;
      data.value = answer;
      received = performance.now();
      failed.value = false;
      problem.value = null;
    } catch (error) {
      if (mine !== newest) return;
      failed.value = true;
      problem.value = problemOf(error);
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

  const stop = news.on(TOPICS, () => void read());
  // A stream that breaks off is the first sign of a server that is gone.
  watch(news.live, (live) => {
    if (!live && !document.hidden) void read();
  });
  onMounted(() => {
    document.addEventListener("visibilitychange", onVisibility);
    void read();
  });
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", onVisibility);
    window.clearTimeout(timer);
    stop();
  });
  return { data, failed, problem, ageMinutes, read };
}
