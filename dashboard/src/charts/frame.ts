/** What the three charts share: one time axis, the line of now, tooltips. */
import { CustomChart, LineChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import type { Words } from "../i18n";
import { clock, dayShort, isMidnight, type Place } from "../pure/time";
import type { Span } from "../pure/timeline";
import type { Palette } from "./palette";

echarts.use([
  CanvasRenderer,
  CustomChart,
  DataZoomInsideComponent,
  GridComponent,
  LineChart,
  TooltipComponent,
]);

export { echarts };
export type Option = EChartsCoreOption;

export interface Scene {
  bounds: Span;
  view: Span;
  now: number;
  ticks: number[];
  narrow: boolean;
  left: number;
  right: number;
  palette: Palette;
  words: Words;
  place: Place;
}

/** Room below a grid for its times; where an hour comes twice they take two lines. */
export const AXIS = 36;
const SMALLEST_VIEW_MS = 6 * 3_600_000;

/** Time axis of a grid; only one with `labels` says the times. */
export function timeAxis(scene: Scene, labels: boolean, gridIndex = 0): object {
  const { palette, place, ticks } = scene;
  return {
    type: "value",
    gridIndex,
    min: scene.bounds.start,
    max: scene.bounds.end,
    axisLine: { show: false },
    axisTick: { show: false, customValues: ticks },
    splitLine: { show: true, lineStyle: { color: palette.grid, width: 1 } },
    axisLabel: {
      show: labels,
      customValues: ticks,
      color: palette.muted,
      fontSize: 11,
      margin: 8,
      hideOverlap: true,
      lineHeight: 13,
      formatter: (ms: number) =>
        isMidnight(ms, place.zone) ? `{day|${dayShort(ms, place)}}` : clock(ms, place).replace(" ", "\n"),
      rich: { day: { color: palette.text, fontWeight: 600, fontSize: 11 } },
    },
  };
}

/** Moving and zooming by hand; a plain wheel or a vertical swipe scrolls the page. */
export function timeZoom(scene: Scene, axes: number[]): object[] {
  return [
    {
      type: "inside",
      xAxisIndex: axes,
      startValue: scene.view.start,
      endValue: scene.view.end,
      minValueSpan: SMALLEST_VIEW_MS,
      filterMode: "none",
      zoomOnMouseWheel: "ctrl",
      moveOnMouseWheel: false,
      moveOnMouseMove: true,
      preventDefaultMouseMove: false,
    },
  ];
}

interface Frame {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The line of now as a series of its own, with its word above the grid. */
export function nowSeries(scene: Scene, label: boolean): object {
  const { palette, words, now } = scene;
  return {
    type: "custom",
    silent: true,
    z: 5,
    data: [[now, 0]],
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const frame = params.coordSys as unknown as Frame;
      const [x = 0] = api.coord([now, 0]);
      if (x < frame.x || x > frame.x + frame.width) return null;
      const line = { shape: { x1: x, y1: frame.y, x2: x, y2: frame.y + frame.height }, style: { stroke: palette.now, lineWidth: 1.5 } };
      const style = { text: words.when.now, x, y: frame.y - 4, align: "center", verticalAlign: "bottom", fill: palette.now, font: `600 11px ${palette.font}` };
      return { type: "group", children: [{ type: "line", ...line }, ...(label ? [{ type: "text", style }] : [])] } as never;
    },
  };
}

/** A line along zero, where the axis shows it. */
export function zeroSeries(scene: Scene): object {
  return {
    type: "custom",
    silent: true,
    z: 3,
    data: [[scene.now, 0]],
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const frame = params.coordSys as unknown as Frame;
      const [, y = 0] = api.coord([scene.now, 0]);
      const shape = { x1: frame.x, y1: y, x2: frame.x + frame.width, y2: y };
      return { type: "line", shape, style: { stroke: scene.palette.muted, lineWidth: 1, opacity: 0.7 } } as never;
    },
  };
}

export function base(scene: Scene): Option {
  return {
    animation: false,
    textStyle: { fontFamily: scene.palette.font },
    aria: { enabled: false },
    tooltip: {
      confine: true,
      className: "chart-tip",
      backgroundColor: scene.palette.surface,
      borderColor: scene.palette.line,
      borderWidth: 1,
      padding: 0,
      textStyle: { color: scene.palette.text, fontSize: 12 },
      transitionDuration: 0,
    },
  };
}

/** Content of a tooltip: a title, rows of label and value, and a note. Text only, never markup. */
export function tip(title: string, rows: [string, string][], note = ""): HTMLElement {
  const box = document.createElement("div");
  box.className = "tip";
  const add = (parent: HTMLElement, tag: string, text: string): HTMLElement => {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  add(box, "strong", title);
  const listing = add(box, "dl", "");
  for (const [label, value] of rows) {
    add(listing, "dt", label);
    add(listing, "dd", value);
  }
  if (note) add(box, "p", note);
  return box;
}

/** Width of small chart text, near enough to decide whether it fits. */
export function textWidth(text: string): number {
  return text.length * 6.1;
}
