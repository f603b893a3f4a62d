import { computed, onMounted, onUnmounted, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { problemOf, read, type Answer, type Ask, type Problem, type Readable } from "./api";
import { useContext } from "./context";
import type { Topic } from "./use-news";

/** What a card knows of its data. `late`: something is shown, and newer should be there. */
export type Phase = "loading" | "ready" | "late" | "empty" | "failed";

export interface Resource<Shape> {
  data: ShallowRef<Shape | null>;
  phase: ComputedRef<Phase>;
  /** Why the last read failed or found nothing; null also where no answer came at all. */
  problem: ShallowRef<Problem | null>;
  /** The last read failed; `data` keeps what was read before. */
  failed: Ref<boolean>;
  again: () => Promise<void>;
}

export interface Reading<Shape> {
  /** Path and query; re-read when it changes; null: not yet. */
  ask?: () => Ask | null;
  /** News that make it read again. */
  topics?: readonly Topic[];
  isEmpty?: (data: Shape) => boolean;
  isLate?: (data: Shape) => boolean;
}

const NOTHING_THERE = [404, 409];

/** A route as a card sees it: read when the card appears, again with news, a new question or another language. */
export function useResource<Path extends Readable>(template: Path, reading: Reading<Answer<Path>> = {}): Resource<Answer<Path>> {
  type Shape = Answer<Path>;
  const { language, news } = useContext();
  const data = shallowRef<Shape | null>(null) as ShallowRef<Shape | null>;
  const problem = shallowRef<Problem | null>(null);
  const failed = ref(false);
  const nothing = ref(false);
  let newest = 0;

  async function again(): Promise<void> {
    const ask = reading.ask ? reading.ask() : {};
    if (ask === null) return;
    const mine = ++newest;
    try {
      const answer = await read(template, language.value, ask);
      if (mine !== newest) return;
      data.value = answer;
      problem.value = null;
      failed.value = nothing.value = false;
    } catch (error) {
      if (mine !== newest) return;
      problem.value = problemOf(error);
      nothing.value = NOTHING_THERE.includes(problem.value?.status ?? 0);
      failed.value = !nothing.value;
      if (nothing.value) data.value = null;
    }
  }

  const phase = computed<Phase>(() => {
    if (nothing.value) return "empty";
    if (data.value === null) return failed.value ? "failed" : "loading";
    if (failed.value || reading.isLate?.(data.value)) return "late";
    return reading.isEmpty?.(data.value) ? "empty" : "ready";
  });

  let stop = (): void => undefined;
  onMounted(() => {
    stop = news.on(reading.topics ?? [], () => void again());
    void again();
  });
  onUnmounted(() => {
    newest++;
    stop();
  });
  watch([language, () => JSON.stringify(reading.ask?.() ?? null)], () => void again());
  return { data, phase, problem, failed, again };
}
