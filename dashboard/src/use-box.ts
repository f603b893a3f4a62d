import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { readPalette, type Palette } from "./charts/palette";

/** Width of a box in CSS pixels, 0 until it is measured, and the colours of the theme in force. */
export function useBox(box: Ref<HTMLElement | null>): { width: Ref<number>; palette: ShallowRef<Palette> } {
  const width = ref(0);
  const palette = shallowRef(readPalette());
  const recolour = (): void => {
    palette.value = readPalette();
  };
  let observer: ResizeObserver | null = null;
  onMounted(() => {
    window.addEventListener("choco-theme", recolour);
    observer = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
    });
    if (box.value) observer.observe(box.value);
  });
  onBeforeUnmount(() => {
    window.removeEventListener("choco-theme", recolour);
    observer?.disconnect();
  });
  return { width, palette };
}
