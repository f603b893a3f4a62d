/** What every component needs and none should be handed by hand: the words, the place, the moment, news. */
import { inject, provide, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from "vue";

import type { Dashboard } from "./api";
import type { Language, Words } from "./i18n";
import type { Place } from "./pure/time";
import type { News } from "./use-news";

export interface Context {
  language: Ref<Language>;
  words: ComputedRef<Words>;
  place: ComputedRef<Place>;
  /** The server's now when the page last heard of it, in milliseconds. */
  now: ComputedRef<number>;
  dashboard: ShallowRef<Dashboard | null>;
  news: News;
}

const KEY: InjectionKey<Context> = Symbol("context");

export function provideContext(context: Context): void {
  provide(KEY, context);
}

export function useContext(): Context {
  const context = inject(KEY);
  if (!context) throw new Error("a component was used outside the page");
  return context;
}
