/** The plan: a row for each unit of each machine, a bar for each run. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

import { named } from "../i18n";
import { planWords } from "../i18n/areas/plan";
import { wordsIn } from "../i18n/words";
import { eur, kwh } from "../pure/format";
import { marksText, reasonText } from "../pure/plan-words";
import { span } from "../pure/time";
import type { Bar, Block, Row } from "../pure/timeline";
import { AXIS, base, echarts, nowSeries, textWidth, timeAxis, timeZoom, tip, type Option, type Scene } from "./frame";
import { MARK_SHAPES, type MarkName } from "./marks";
import { productColour } from "./palette";

const BAR = 20;
/** As wide as a finger should find at least. */
const TOUCH = 18;
const MARK = 10;
const PAST = 0.45;

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

/** The marks drawn on a bar, most important first. */
export function marksOn(bar: Bar): MarkName[] {
  const { marks } = bar;
  const found: MarkName[] = [];
  if (marks.state === "running") found.push(marks.told === "reported" ? "running" : "assumed");
  if (marks.frozen) found.push("frozen");
  if (marks.moved !== null && marks.state === "coming") found.push("moved");
  return found;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function boxOf(item: { start: number; end: number; row: number }, scene: Scene, params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI): Box | null {
  const [left = 0, middle = 0] = api.coord([item.start, item.row]);
  const [right = 0] = api.coord([item.end, item.row]);
  const frame = params.coordSys as unknown as Box;
  const top = middle - BAR / 2 + (scene.narrow ? 8 : 0);
  const box = { x: left + 0.5, y: top, width: Math.max(2, right - left - 1), height: BAR };
  return echarts.graphic.clipRectByRect(box, frame) ?? null;
}

/** A bar, its marks at the left and its name in what is left of it. */
function barParts(bar: Bar, seen: Box, scene: Scene, products: string[]): object[] {
  const { palette } = scene;
  const faded = bar.marks.state === "done" ? PAST : 1;
  const running = bar.marks.state === "running";
  const shape = { ...seen, r: Math.min(4, seen.width / 3) };
  const edge = running && seen.width > 5 ? { stroke: palette.text, lineWidth: 2 } : {};
  const fill = palette[productColour(products, bar.run.product)];
  const missing = Math.max(0, TOUCH - seen.width);
  const reach = { ...seen, x: seen.x - missing / 2, width: seen.width + missing };
  const parts: object[] = [
    ...(missing > 0 ? [{ type: "rect", shape: reach, style: { fill: "transparent" } }] : []),
    { type: "rect", shape, style: { fill, opacity: faded, ...edge } },
  ];
  const ink = palette["on-product"];
  let left = seen.x + 4;
  for (const mark of marksOn(bar)) {
    if (left + MARK + 3 > seen.x + seen.width) break;
    const place = { pathData: MARK_SHAPES[mark], x: left, y: seen.y + (BAR - MARK) / 2, width: MARK, height: MARK };
    parts.push({ type: "path", silent: true, shape: place, style: { fill: ink } });
    left += MARK + 3;
  }
  const room = seen.x + seen.width - left;
  const text = barText(bar, room, scene);
  const x = left === seen.x + 4 ? seen.x + seen.width / 2 : left + room / 2;
  const style = { text, x, y: seen.y + BAR / 2, align: "center", verticalAlign: "middle", fill: ink, fontSize: 11, opacity: Math.max(faded, 0.8) };
  return [...parts, { type: "text", silent: true, style }];
}

function bars(scene: Scene, all: Bar[], products: string[]): object {
  return {
    id: "bars",
    type: "custom",
    clip: true,
    cursor: "pointer",
    data: all.map((bar, index) => [bar.start, bar.row, bar.end, index]),
    encode: { x: [0, 2], y: 1 },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const bar = all[params.dataIndex];
      const seen = bar && boxOf(bar, scene, params, api);
      // Merged children would keep the marks of a view before at their old places.
      return bar && seen ? { type: "group", $mergeChildren: false, children: barParts(bar, seen, scene, products) } : null;
    },
  };
}

/** Where a unit is out of order (crossed) or made ready (an empty box before the run). */
function blocks(scene: Scene, all: Block[]): object {
  const { palette } = scene;
  return {
    id: "blocks",
    type: "custom",
    clip: true,
    z: 1,
    data: all.map((block, index) => [block.start, block.row, block.end, index]),
    encode: { x: [0, 2], y: 1 },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const block = all[params.dataIndex];
      const seen = block && boxOf(block, scene, params, api);
      if (!block || !seen) return null;
      const colour = block.kind === "outage" ? palette.danger : palette.muted;
      const frame = { type: "rect", shape: { ...seen, r: 2 }, style: { fill: palette.surface, stroke: colour, lineWidth: 1.5, lineDash: block.kind === "setup" ? [3, 2] : null } };
      const lines = block.kind === "outage" ? [seen.x, seen.x + seen.width] : [];
      const [from, to] = lines;
      const cross =
        from === undefined || to === undefined
          ? []
          : [
              { x1: from, y1: seen.y, x2: to, y2: seen.y + BAR },
              { x1: from, y1: seen.y + BAR, x2: to, y2: seen.y },
            ].map((shape) => ({ type: "line", silent: true, shape, style: { stroke: colour, lineWidth: 1, opacity: 0.6 } }));
      return { type: "group", $mergeChildren: false, children: [frame, ...cross] };
    },
  };
}

function runTip(scene: Scene, bar: Bar): HTMLElement {
  const { words, place } = scene;
  const { run } = bar;
  const own = wordsIn(planWords, words.locale);
  const row = { machine: run.machine, unit: run.unit, count: 2, key: "" };
  const rows: [string, string][] = [
    [words.plan.batch, run.batch],
    [words.plan.machine, rowName(row, scene)],
    [words.table.time, span(bar.start, bar.end, place)],
  ];
  if (run.mode) rows.push([own.mode, run.mode]);
  if (run.energy_kwh !== undefined) rows.push([words.plan.energy, kwh(run.energy_kwh, words.locale)]);
  if (run.cost_eur !== undefined) rows.push([words.plan.cost, eur(run.cost_eur, words.locale)]);
  const state = marksText(bar.marks, own);
  if (state) rows.push([own.state, state]);
  return tip(`${named(words.processes, run.process)} · ${named(words.products, run.product)}`, rows, reasonText(run.why, own, words.locale).text);
}

function blockTip(scene: Scene, block: Block): HTMLElement {
  const own = wordsIn(planWords, scene.words.locale);
  const title = block.kind === "outage" ? own.outage : own.setupFor(named(scene.words.products, block.text));
  return tip(title, [[scene.words.table.time, span(block.start, block.end, scene.place)]]);
}

export function ganttOption(scene: Scene, rows: Row[], all: Bar[], products: string[], taken: Block[] = []): Option {
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
        const { dataIndex, seriesId } = found as { dataIndex: number; seriesId: string };
        const [bar, block] = [all[dataIndex], taken[dataIndex]];
        if (seriesId === "blocks") return block ? blockTip(scene, block) : "";
        return bar ? runTip(scene, bar) : "";
      },
    },
    series: [bars(scene, all, products), ...(taken.length > 0 ? [blocks(scene, taken)] : []), nowSeries(scene, false)],
  };
}
