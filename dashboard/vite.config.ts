import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/",
  plugins: [vue({ features: { optionsAPI: false } })],
  build: {
    outDir: "../src/chocolate_factory/dashboard/static",
    emptyOutDir: true,
    // The content security policy allows no data: URLs, and every asset stays below /assets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  test: { include: ["tests/**/*.test.ts"], css: true },
});
