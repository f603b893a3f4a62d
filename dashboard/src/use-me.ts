import { onMounted, shallowRef, type ShallowRef } from "vue";

import { read, type Answer } from "./api";
import { useContext } from "./context";

export type Me = Answer<"/api/v1/me">;
export type Act = Me["can"][number];

/** Kept for the page's life: who one is does not change under an open page without signing in anew. */
const me = shallowRef<Me | null>(null);
let asked = false;

/** Who the reader is taken for; `may` is true until the server has said otherwise, as it refuses on its own. */
export function useMe(): { me: ShallowRef<Me | null>; may: (act: Act) => boolean } {
  const { language } = useContext();
  onMounted(async () => {
    if (asked) return;
    asked = true;
    try {
      me.value = await read("/api/v1/me", language.value);
    } catch {
      asked = false;
    }
  });
  return { me, may: (act) => me.value === null || me.value.can.includes(act) };
}
