/** The price chart with the chart library: fetched after the page has said its answer. */
export { default as ChartBox } from "../components/ChartBox.vue";
export { priceOption } from "./price";
