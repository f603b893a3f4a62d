/** The plan: a row for each unit of each machine, a bar for each run. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

import { named } from "../i18n";
import { eur, kwh } from "../pure/format";
import { span } from "../pure/time";
import type { Bar, Row } from "../pure/timeline";
import { AXIS, base, echarts, nowLine, textWidth, timeAxis, timeZoom, tip, type Option, type Scene } from "./frame";
import { productColour } from "./palette";

const BAR = 20;

export function rowHeight(narrow: boolean): number {
  return narrow ? 42 : 32;
}

export function ganttHeight(rows: Row[], narrow: boolean): number {
  return rows.length * rowHeight(narrow) + AXIS + 6;
}

export function rowName(row: Row, scene: Pick<Scene, "words">): string {
  const word = named(scene.words.machines, row.machine);
  return row.count > 1 ? `${word} ${row.unit}` : word;
}

/** The longest of the bar's names that fits its width; "" when none does. */
function barText(bar: Bar, width: number, scene: Scene): string {
  const product = named(scene.words.products, bar.run.product);
  const process = named(scene.words.processes, bar.run.process);
  const choices = [`${product} · ${process}`, product, product.slice(0, 1).toUpperCase()];
  return choices.find((text) => textWidth(text) + 8 <= width) ?? "";
}

function bars(scene: Scene, all: Bar[], products: string[]): object {
  const { palette } = scene;
  return {
    type: "custom",
    clip: true,
    data: all.map((bar, index) => [bar.start, bar.row, bar.end, index]),
    encode: { x: [0, 2], y: 1 },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const bar = all[params.dataIndex];
      if (!bar) return null;
      const [left = 0, middle = 0] = api.coord([bar.start, bar.row]);
      const [right = 0] = api.coord([bar.end, bar.row]);
      const frame = params.coordSys as unknown as { x: number; y: number; width: number; height: number };
      const top = middle - BAR / 2 + (scene.narrow ? 8 : 0);
      const box = { x: left + 0.5, y: top, width: Math.max(2, right - left - 1), height: BAR };
      const seen = echarts.graphic.clipRectByRect(box, frame);
      if (!seen) return null;
      const faded = bar.end <= scene.now ? 0.45 : 1;
      return {
        type: "group",
        children: [
          {
            type: "rect",
            shape: { ...seen, r: Math.min(4, seen.width / 3) },
            style: { fill: palette[productColour(products, bar.run.product)], opacity: faded },
          },
          {
            type: "text",
            silent: true,
            style: {
              text: barText(bar, seen.width, scene),
              x: seen.x + seen.width / 2,
              y: seen.y + BAR / 2,
              align: "center",
              verticalAlign: "middle",
              fill: palette["on-product"],
              fontSize: 11,
              opacity: Math.max(faded, 0.8),
            },
          },
        ],
      };
    },
    markLine: nowLine(scene, false),
  };
}

function runTip(scene: Scene, bar: Bar): HTMLElement {
  const { words, place } = scene;
  const { run } = bar;
  const row = { machine: run.machine, unit: run.unit, count: 2, key: "" };
  return tip(
    `${named(words.processes, run.process)} · ${named(words.products, run.product)}`,
    [
      [words.plan.batch, run.batch],
      [words.plan.machine, rowName(row, scene)],
      [words.table.time, span(bar.start, bar.end, place)],
      [words.plan.energy, kwh(run.energy_kwh, words.locale)],
      [words.plan.cost, eur(run.cost_eur, words.locale)],
    ],
    run.why,
  );
}

export function ganttOption(scene: Scene, rows: Row[], all: Bar[], products: string[]): Option {
  const { palette } = scene;
  return {
    ...base(scene),
    grid: [{ left: scene.left, right: scene.right, top: 6, height: rows.length * rowHeight(scene.narrow) }],
    xAxis: [timeAxis(scene, true)],
    yAxis: [
      {
        type: "category",
        inverse: true,
        data: rows.map((row) => rowName(row, scene)),
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: true, lineStyle: { color: palette.grid } },
        axisLabel: scene.narrow
          ? {
              inside: true,
              margin: -scene.left + 6,
              verticalAlign: "bottom",
              padding: [0, 0, 4, 0],
              color: palette.muted,
              fontSize: 11,
              textBorderColor: palette.surface,
              textBorderWidth: 3,
            }
          : { inside: false, margin: 12, padding: 0, color: palette.text, fontSize: 12, verticalAlign: "middle" },
        z: 10,
      },
    ],
    dataZoom: timeZoom(scene, [0]),
    tooltip: {
      ...(base(scene).tooltip as object),
      trigger: "item",
      formatter: (found: unknown) => {
        const bar = all[(found as { dataIndex: number }).dataIndex];
        return bar ? runTip(scene, bar) : "";
      },
    },
    series: [bars(scene, all, products)],
  };
}
