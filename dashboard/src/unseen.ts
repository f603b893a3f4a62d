/** What became of an order whose dialog was no longer there when the server refused it; kept until it is read. */
import { shallowRef } from "vue";

import type { Problem } from "./api";

export interface Unseen {
  /** What was ordered, as its button says it. */
  what: string;
  problem: Problem | null;
}

export const unseen = shallowRef<Unseen | null>(null);
