import { defineAsyncComponent, h, type Component } from "vue";

import ViewFailed from "./components/ViewFailed.vue";

/** Nothing to be seen, but whoever waits for the page to come to rest can tell that a part is still under way. */
const awaited = () => h("div", { hidden: true, "data-awaited": "part" });

/** A part of the page that is fetched when it is first shown. */
export function later(loader: () => Promise<Component>): Component {
  return defineAsyncComponent({ loader, delay: 0, loadingComponent: awaited, errorComponent: ViewFailed });
}
