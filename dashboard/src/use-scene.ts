import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";

import type { Scene } from "./charts/frame";
import { readPalette } from "./charts/palette";
import { useContext } from "./context";
import { ticks } from "./pure/time";
import { moved, viewOf, type Span } from "./pure/timeline";

const NARROW = 640;
const LABEL_ROOM = 58;

export interface SceneControl {
  scene: ComputedRef<Scene | null>;
  /** Hours of the view chosen by button, null for everything, undefined once it was moved to another length. */
  hours: Ref<number | null | undefined>;
  show: (hours: number | null) => void;
  move: (direction: -1 | 1) => void;
  zoomTo: (view: Span) => void;
}

/** The shared time axis: what is visible, how wide it is, and in which colours. */
export function useScene(box: Ref<HTMLElement | null>, bounds: ComputedRef<Span>): SceneControl {
  const { words, place, now } = useContext();
  const width = ref(0);
  const palette = shallowRef(readPalette());
  const hours = ref<number | null | undefined>(undefined);
  const view = shallowRef<Span | null>(null);
  const recolour = (): void => {
    palette.value = readPalette();
  };
  let observer: ResizeObserver | null = null;

  onMounted(() => {
    window.addEventListener("choco-theme", recolour);
    observer = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
      if (!view.value && width.value > 0) show(width.value < NARROW ? 48 : null);
    });
    if (box.value) observer.observe(box.value);
  });
  onBeforeUnmount(() => {
    window.removeEventListener("choco-theme", recolour);
    observer?.disconnect();
  });

  function show(chosen: number | null): void {
    hours.value = chosen;
    view.value = viewOf(chosen, now.value, bounds.value);
  }

  function zoomTo(wanted: Span): void {
    const old = view.value;
    if (!old || (Math.abs(wanted.start - old.start) < 1000 && Math.abs(wanted.end - old.end) < 1000)) return;
    if (Math.abs(wanted.end - wanted.start - (old.end - old.start)) > 60_000) hours.value = undefined;
    view.value = wanted;
  }

  function move(direction: -1 | 1): void {
    if (view.value) view.value = moved(view.value, (direction * (view.value.end - view.value.start)) / 2, bounds.value);
  }

  watch(bounds, (fresh, old) => {
    if (!view.value || (fresh.start === old.start && fresh.end === old.end)) return;
    view.value = hours.value === null ? { ...fresh } : moved(view.value, 0, fresh);
  });

  const scene = computed<Scene | null>(() => {
    if (!view.value || width.value === 0) return null;
    const narrow = width.value < NARROW;
    const [left, right] = narrow ? [38, 10] : [124, 18];
    const most = Math.max(3, Math.floor((width.value - left - right) / LABEL_ROOM));
    return {
      bounds: bounds.value,
      view: view.value,
      now: now.value,
      ticks: ticks(view.value.start, view.value.end, place.value.zone, most),
      narrow,
      left,
      right,
      palette: palette.value,
      words: words.value,
      place: place.value,
    };
  });
  return { scene, hours, show, move, zoomTo };
}
