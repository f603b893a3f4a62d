import { createApp } from "vue";

import App from "./App.vue";
import "./styles.css";

// The charts read their colours from the style sheet, which may arrive after this script.
if (document.readyState === "complete") createApp(App).mount("#app");
else window.addEventListener("load", () => createApp(App).mount("#app"));
