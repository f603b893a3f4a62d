import { defineAsyncComponent, h, type Component } from "vue";

import ViewFailed from "./components/ViewFailed.vue";

const TRIES = 3;
const PAUSE_MS = 1_000;

/** Nothing to be seen, but whoever waits for the page to come to rest can tell that a part is still under way. */
const awaited = () => h("div", { hidden: true, "data-awaited": "part" });

/** A part of the page that is fetched when it is first shown; a network that changes meanwhile is asked again. */
export function later(loader: () => Promise<Component>): Component {
  return defineAsyncComponent({
    loader,
    delay: 0,
    loadingComponent: awaited,
    errorComponent: ViewFailed,
    onError: (_, retry, fail, tries) => (tries < TRIES ? window.setTimeout(retry, PAUSE_MS) : fail()),
  });
}
