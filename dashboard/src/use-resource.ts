import { computed, onMounted, onUnmounted, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { problemOf, read, type Answer, type Ask, type Problem, type Readable } from "./api";
import { useContext } from "./context";
import type { Topic } from "./use-news";

/** What a card knows of its data. `late`: something is shown, and newer should be there. */
export type Phase = "loading" | "ready" | "late" | "empty" | "failed";

export interface Resource<Shape> {
  /** The newest answer to the question as it is asked now; null until there is one. */
  data: Readonly<Ref<Shape | null>>;
  phase: ComputedRef<Phase>;
  /** Why the last read failed or found nothing; null also where no answer came at all. */
  problem: Readonly<Ref<Problem | null>>;
  /** The last read failed; `data` keeps what was read before. */
  failed: Readonly<Ref<boolean>>;
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

interface Told<Shape> {
  question: string;
  data: Shape | null;
  problem: Problem | null;
  failed: boolean;
}

/** What tells one question from another: the language of the answer is none of it. */
function questionOf(ask: Ask): string {
  return JSON.stringify([ask.path, { ...ask.query, lang: undefined }]);
}

/** A route as a card sees it: read when the card appears, again with news, a new question or another language. */
export function useResource<Path extends Readable>(template: Path, reading: Reading<Answer<Path>> = {}): Resource<Answer<Path>> {
  type Shape = Answer<Path>;
  const { language, news } = useContext();
  const asking = (): Ask | null => (reading.ask ? reading.ask() : {});
  const question = computed(() => {
    const ask = asking();
    return ask && questionOf(ask);
  });
  const newestTold = shallowRef<Told<Shape> | null>(null) as ShallowRef<Told<Shape> | null>;
  /** Figures of one month must not stand under the name of another, however short the wait. */
  const told = computed(() => (newestTold.value?.question === question.value ? newestTold.value : null));
  let newest = 0;

  async function again(): Promise<void> {
    const ask = asking();
    if (ask === null) return;
    const mine = ++newest;
    const asked = questionOf(ask);
    try {
      const data = await read(template, language.value, ask);
      if (mine === newest) newestTold.value = { question: asked, data, problem: null, failed: false };
    } catch (error) {
      if (mine !== newest) return;
      const problem = problemOf(error);
      const nothing = NOTHING_THERE.includes(problem?.status ?? 0);
      newestTold.value = { question: asked, data: nothing ? null : (told.value?.data ?? null), problem, failed: !nothing };
    }
  }

  const data = computed(() => told.value?.data ?? null);
  const failed = computed(() => told.value?.failed ?? false);
  const phase = computed<Phase>(() => {
    if (told.value === null) return "loading";
    if (data.value === null) return failed.value ? "failed" : "empty";
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
  watch([language, question], () => void again());
  return { data, phase, problem: computed(() => told.value?.problem ?? null), failed, again };
}
