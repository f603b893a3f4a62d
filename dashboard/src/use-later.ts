import { onMounted, onUnmounted, shallowRef, type ShallowRef } from "vue";

const TRIES = 5;
const PAUSE_MS = 3_000;

/** A part of the program that is fetched after the page was painted; null until it is there. */
export function useLater<Part>(load: () => Promise<Part>): ShallowRef<Part | null> {
  const part = shallowRef<Part | null>(null) as ShallowRef<Part | null>;
  let gone = false;

  async function fetchIt(tries: number): Promise<void> {
    try {
      const found = await load();
      if (!gone) part.value = found;
    } catch {
      // The network may be away for a moment; what the part draws is told in words and tables meanwhile.
      if (!gone && tries > 1) window.setTimeout(() => void fetchIt(tries - 1), PAUSE_MS);
    }
  }

  onMounted(() => requestAnimationFrame(() => window.setTimeout(() => void fetchIt(TRIES))));
  onUnmounted(() => {
    gone = true;
  });
  return part;
}
