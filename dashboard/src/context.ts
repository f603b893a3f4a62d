/** What every component needs and none should be handed by hand: the words, the place, the moment. */
import { inject, provide, type ComputedRef, type InjectionKey } from "vue";

import type { Words } from "./i18n";
import type { Place } from "./pure/time";

export interface Context {
  words: ComputedRef<Words>;
  place: ComputedRef<Place>;
  now: ComputedRef<number>;
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
