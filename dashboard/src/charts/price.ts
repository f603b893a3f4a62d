/** The price curve, with the strips of tariff periods and price levels under it. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

import type { Level } from "../api";
import { decimal, priceText } from "../pure/format";
import { originText } from "../pure/tables";
import { span } from "../pure/time";
import {
  bandOf,
  extremes,
  holesOf,
  isForecast,
  joined,
  priceOf,
  priceScale,
  stepPoints,
  unbroken,
  type Slot,
  type Span,
  type Unit,
} from "../pure/timeline";
import { AXIS, base, echarts, nowSeries, textWidth, timeAxis, timeZoom, tip, zeroSeries, type Option, type Scene } from "./frame";
import { LEVEL_SHAPES, levelFill, levelInk } from "./shapes";

const STRIP = 20;
const GAP = 4;

type Point = [number, number | null];

function curve(slots: Slot[], unit: Unit, style: object): { data: Point[] } {
  const series = {
    type: "line",
    step: "end",
    symbol: "none",
    silent: true,
    data: stepPoints(slots, (slot) => priceOf(slot, unit)),
    lineStyle: { width: 2, ...style },
    z: 4,
  };
  return series;
}

let hatching: { colour: string; canvas: HTMLCanvasElement } | null = null;

export function hatch(colour: string): object {
  if (hatching?.colour !== colour) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const pen = canvas.getContext("2d");
    if (pen) {
      pen.strokeStyle = colour;
      pen.globalAlpha = 0.55;
      pen.lineWidth = 1;
      pen.beginPath();
      for (const shift of [-8, 0, 8]) {
        pen.moveTo(shift, 8);
        pen.lineTo(shift + 8, 0);
      }
      pen.stroke();
    }
    hatching = { colour, canvas };
  }
  return { image: hatching.canvas, repeat: "repeat" };
}

function bandOutline(slots: Slot[], unit: Unit, api: CustomSeriesRenderItemAPI): number[][] {
  const upper: number[][] = [];
  const lower: number[][] = [];
  for (const slot of slots) {
    const band = bandOf(slot, unit);
    if (!band) continue;
    for (const ms of [slot.start, slot.end]) {
      upper.push(api.coord([ms, band[1]]));
      lower.push(api.coord([ms, band[0]]));
    }
  }
  return [...upper, ...lower.reverse()];
}

function band(scene: Scene, slots: Slot[], unit: Unit): object {
  return {
    type: "custom",
    clip: true,
    silent: true,
    z: 2,
    data: slots.length > 0 ? [[slots[0]?.start, 0]] : [],
    renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const outlines = unbroken(slots).map((part) => bandOutline(part, unit, api));
      const tint = { fill: scene.palette.band, opacity: 0.18 };
      const stripes = { fill: hatch(scene.palette.band) };
      return {
        type: "group",
        children: outlines.flatMap((points) =>
          [tint, stripes].map((style) => ({ type: "polygon" as const, shape: { points }, style })),
        ),
      };
    },
  };
}

/** The cheapest and the dearest slot to come in view, each with its word and price. */
function extremeMarks(scene: Scene, slots: Slot[], unit: Unit): object {
  const { palette, words } = scene;
  const found = extremes(slots, { start: Math.max(scene.view.start, scene.now), end: scene.view.end }, unit);
  const digits = unit === "allIn" ? 3 : 0;
  const marks = found
    ? [
        { slot: found.low, word: words.price.lowest, below: true, colour: palette.cheap },
        { slot: found.high, word: words.price.highest, below: false, colour: palette.dear },
      ]
    : [];
  const middle = (slot: Slot): number => (slot.start + slot.end) / 2;
  return {
    type: "custom",
    silent: true,
    z: 6,
    data: marks.map(({ slot }) => [middle(slot), priceOf(slot, unit)]),
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const mark = marks[params.dataIndex];
      if (!mark) return null;
      const value = priceOf(mark.slot, unit) ?? 0;
      const [x = 0, y = 0] = api.coord([middle(mark.slot), value]);
      const frame = params.coordSys as unknown as { x: number; width: number };
      const share = (x - frame.x) / frame.width;
      const [line = 0] = api.coord([scene.now, value]);
      const besideNow = x - line < 0.05 * frame.width;
      const align = share < 0.12 || besideNow ? "left" : share > 0.88 ? "right" : "center";
      const label = {
        text: `${mark.word} ${decimal(value, words.locale, digits)}`,
        x: x + (besideNow ? 6 : 0),
        y: y + (mark.below ? 8 : -8),
        align,
        verticalAlign: mark.below ? "top" : "bottom",
        fill: mark.colour,
        stroke: palette.surface,
        lineWidth: 3,
        font: `600 12px ${palette.font}`,
      };
      const ring = { fill: palette.surface, stroke: mark.colour, lineWidth: 2 };
      return {
        type: "group",
        children: [
          { type: "circle", shape: { cx: x, cy: y, r: 4 }, style: ring },
          { type: "text", style: label },
        ],
      } as never;
    },
  };
}

interface Cell extends Span {
  fill: string;
  ink: string;
  text: string;
  shape: string;
  /** Nothing is known here: an outline instead of a filled box. */
  missing?: boolean;
}

const FADED = 0.4;

/** Cells cut at the line of now, so that what is past can be faded. */
function cutAt(now: number, cells: Cell[]): Cell[] {
  return cells.flatMap((cell) =>
    cell.start < now && now < cell.end ? [{ ...cell, end: now }, { ...cell, start: now }] : [cell],
  );
}

function strip(scene: Scene, row: number, whole: Cell[]): object {
  const cells = cutAt(scene.now, whole);
  return {
    type: "custom",
    xAxisIndex: 1,
    yAxisIndex: 1,
    clip: true,
    silent: true,
    data: cells.map((cell, index) => [cell.start, row, cell.end, index]),
    encode: { x: [0, 2], y: 1 },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const cell = cells[params.dataIndex];
      if (!cell) return null;
      const [left = 0, middle = 0] = api.coord([cell.start, row]);
      const [right = 0] = api.coord([cell.end, row]);
      const frame = params.coordSys as unknown as { x: number; y: number; width: number; height: number };
      const room = { x: left, y: middle - (STRIP - GAP) / 2, width: right - left, height: STRIP - GAP };
      const seen = echarts.graphic.clipRectByRect(room, frame);
      return seen && { type: "group", children: cellParts(scene, cell, seen) };
    },
  };
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function cellParts(scene: Scene, cell: Cell, box: Box): object[] {
  const { palette } = scene;
  const middle = box.y + box.height / 2;
  const past = cell.end <= scene.now;
  if (cell.missing) {
    const style = { fill: "transparent", stroke: palette.muted, lineDash: [3, 3], lineWidth: 1 };
    const label = { text: cell.text, x: box.x + box.width / 2, y: middle, align: "center", verticalAlign: "middle", fill: palette.muted, fontSize: 11 };
    const outline = { type: "rect", shape: { ...box, y: box.y + 0.5, height: box.height - 1 }, style };
    return textWidth(cell.text) + 8 <= box.width ? [outline, { type: "text", style: label }] : [outline];
  }
  const solid = { fill: cell.fill, stroke: palette.surface, lineWidth: box.width > 6 ? 1 : 0, opacity: past ? FADED : 1 };
  const parts: object[] = [{ type: "rect", shape: box, style: solid }];
  if (past) return parts;
  const text = cell.shape ? 16 + textWidth(cell.text) : textWidth(cell.text);
  const whole = box.width >= text + 8;
  if (cell.shape && box.width >= 13) {
    const x = box.x + box.width / 2 - (whole ? text / 2 : 5);
    const shape = { pathData: cell.shape, x, y: middle - 5, width: 10, height: 10 };
    parts.push({ type: "path", shape, style: { fill: cell.ink } });
  }
  if (whole) {
    const x = box.x + box.width / 2 + (cell.shape ? 8 : 0);
    const style = { text: cell.text, x, y: middle, align: "center", verticalAlign: "middle", fill: cell.ink, fontSize: 11 };
    parts.push({ type: "text", style });
  }
  return parts;
}

function periodCells(scene: Scene, slots: Slot[]): Cell[] {
  const { palette } = scene;
  return joined(slots, (slot) => slot.period)
    .filter((part) => part.value !== null)
    .map(({ start, end, value }) => ({
      start,
      end,
      fill: Number(value?.slice(1)) % 2 ? palette["period-a"] : palette["period-b"],
      ink: palette.text,
      text: value ?? "",
      shape: "",
    }));
}

function levelCells(scene: Scene, slots: Slot[]): Cell[] {
  const { palette, words } = scene;
  return joined<Level | null>(slots, (slot) => slot.level).flatMap(({ start, end, value }) => {
    if (value === null) return [];
    const [fill, ink] = [palette[levelFill(value)], palette[levelInk(value)]];
    return [{ start, end, fill, ink, text: words.level[value], shape: LEVEL_SHAPES[value] }];
  });
}

function holeCells(scene: Scene, slots: Slot[]): Cell[] {
  const { palette, words } = scene;
  return holesOf(slots).map((hole) => ({
    ...hole,
    fill: palette.surface,
    ink: palette.muted,
    text: words.answer.unknown,
    shape: "",
    missing: true,
  }));
}

/** Between the curve and zero where the price is below it. */
function belowZero(scene: Scene, slots: Slot[], unit: Unit): object {
  const below = slots.filter((slot) => (priceOf(slot, unit) ?? 0) < 0);
  return {
    type: "custom",
    clip: true,
    silent: true,
    z: 3,
    data: below.map((slot) => [slot.start, priceOf(slot, unit)]),
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const slot = below[params.dataIndex];
      if (!slot) return null;
      const [left = 0, bottom = 0] = api.coord([slot.start, priceOf(slot, unit) ?? 0]);
      const [right = 0, top = 0] = api.coord([slot.end, 0]);
      const shape = { x: left, y: top, width: Math.max(1, right - left), height: bottom - top };
      return { type: "rect", shape, style: { fill: scene.palette.cheap, opacity: slot.end <= scene.now ? 0.18 : 0.38 } };
    },
  };
}

function priceTip(scene: Scene, slots: Slot[], ms: number): HTMLElement | string {
  const { words, place } = scene;
  const slot = slots.find((one) => one.start <= ms && ms < one.end);
  if (!slot) return "";
  const rows: [string, string][] = [];
  for (const unit of ["allIn", "market"] as const) {
    const value = priceOf(slot, unit);
    if (value === null) continue;
    rows.push([unit === "allIn" ? words.price.allIn : words.price.market, priceText(value, unit, words.locale)]);
    const range = isForecast(slot) ? bandOf(slot, unit) : null;
    if (range) rows.push([words.price.band, range.map((end) => priceText(end, unit, words.locale)).join(" – ")]);
  }
  if (slot.period) rows.push([words.price.period, slot.period]);
  if (slot.level) rows.push([words.price.levelRow, words.level[slot.level]]);
  rows.push([words.table.origin, originText(slot.origin, words)]);
  return tip(span(slot.start, slot.end, place), rows);
}

/** Curves of the past (faded), what is published ahead (solid) and the forecast (dashed). */
function curves(scene: Scene, slots: Slot[], unit: Unit): object[] {
  const { palette, now } = scene;
  const known = slots.filter((slot) => !isForecast(slot));
  const past = slots.filter((slot) => slot.end <= now);
  const ahead = known.filter((slot) => slot.end > now);
  const forecast = slots.filter((slot) => isForecast(slot) && slot.end > now);
  const joint = ahead.at(-1);
  const dashed = curve(forecast, unit, { color: palette.price, type: [5, 4] });
  if (joint && joint.end === forecast[0]?.start) {
    dashed.data.unshift([joint.end, priceOf(joint, unit)]);
  }
  return [
    zeroSeries(scene),
    curve(past, unit, { color: palette.price, opacity: 0.35 }),
    curve(ahead, unit, { color: palette.price }),
    dashed,
    nowSeries(scene, true),
  ];
}

export function priceOption(scene: Scene, slots: Slot[], unit: Unit, height: number): Option {
  const { palette, words } = scene;
  const scale = priceScale(slots, unit);
  const stripTop = height - AXIS - 2 * STRIP;
  return {
    ...base(scene),
    grid: [
      { left: scene.left, right: scene.right, top: 22, height: stripTop - 22 - 8 },
      { left: scene.left, right: scene.right, top: stripTop, height: 2 * STRIP },
    ],
    xAxis: [timeAxis(scene, false, 0), timeAxis(scene, true, 1)],
    yAxis: [
      {
        type: "value",
        gridIndex: 0,
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: {
          color: palette.muted,
          fontSize: 11,
          showMaxLabel: false,
          formatter: (value: number) => decimal(value, words.locale, scale.digits),
        },
        splitLine: { lineStyle: { color: palette.grid }, showMaxLine: false },
      },
      {
        type: "category",
        gridIndex: 1,
        inverse: true,
        data: scene.narrow ? ["", ""] : [words.price.period, words.price.levelRow],
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: palette.muted, fontSize: 11 },
      },
    ],
    dataZoom: timeZoom(scene, [0, 1]),
    tooltip: {
      ...(base(scene).tooltip as object),
      trigger: "axis",
      axisPointer: { type: "none", snap: false },
      formatter: (found: unknown) => {
        const first = (Array.isArray(found) ? found[0] : found) as { axisValue?: number } | undefined;
        return first?.axisValue === undefined ? "" : priceTip(scene, slots, Number(first.axisValue));
      },
    },
    series: [
      band(scene, slots.filter((slot) => isForecast(slot) && slot.end > scene.now), unit),
      belowZero(scene, slots, unit),
      ...curves(scene, slots, unit),
      extremeMarks(scene, slots, unit),
      strip(scene, 0, periodCells(scene, slots)),
      strip(scene, 1, [...levelCells(scene, slots), ...holeCells(scene, slots)]),
    ],
  };
}
