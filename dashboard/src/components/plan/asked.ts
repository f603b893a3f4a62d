/** Answers to what-ifs, kept while the page is open, whatever tab is looked at; newest first. */
import { shallowRef } from "vue";

import type { Answer } from "../../pure/what-if";

const MOST = 5;

export const asked = shallowRef<Answer[]>([]);

export function keep(answer: Answer): void {
  const key = answer.changes.join(" ");
  asked.value = [answer, ...asked.value.filter((one) => one.changes.join(" ") !== key)].slice(0, MOST);
}

export function forget(answer: Answer): void {
  asked.value = asked.value.filter((one) => one !== answer);
}
