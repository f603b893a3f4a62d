/** Savings by week as bars, and their sum as a line above them. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

import { ledgerWords } from "../i18n/areas/ledger";
import { wordsIn } from "../i18n/words";
import { decimal, eur, percent } from "../pure/format";
import { dayMonth, weekText, type Bar } from "../pure/ledger";
import type { Place } from "../pure/time";
import { base, tip, type Option, type Scene } from "./frame";
import type { Palette } from "./palette";
import { hatch } from "./price";

export interface Sheet {
  width: number;
  palette: Palette;
  place: Place;
}

const LINE_HEIGHT = 74;
const GAP = 30;
const [LEFT, RIGHT, BELOW] = [46, 10, 24];

function money(value: number, locale: string): string {
  return decimal(value, locale, 0);
}

function tipOf(sheet: Sheet, bar: Bar): HTMLElement {
  const { locale } = sheet.place;
  const own = wordsIn(ledgerWords, locale);
  const rows: [string, string][] = [
    [own.saving, bar.saving === null ? own.none : eur(bar.saving, locale)],
    [own.total, eur(bar.total, locale)],
  ];
  const share = bar.week.captured_share;
  if (share !== null) rows.push([own.captured, percent(share, locale, 0)]);
  return tip(`${weekText(bar.start, bar.end, sheet.place)}: ${own.states[bar.state]}`, rows);
}

/** Closed weeks are filled, provisional ones hatched; a ring on the zero line stands for a week without a saving. */
function barSeries(sheet: Sheet, bars: Bar[]): object {
  const { palette } = sheet;
  return {
    type: "custom",
    xAxisIndex: 1,
    yAxisIndex: 1,
    data: bars.map((bar, index) => [index, bar.saving ?? 0]),
    encode: { x: 0, y: 1 },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const bar = bars[params.dataIndex];
      if (!bar) return null;
      const frame = params.coordSys as unknown as { width: number };
      const thick = Math.max(3, Math.min(40, (frame.width / bars.length) * 0.62));
      const [x = 0, top = 0] = api.coord([params.dataIndex, bar.saving ?? 0]);
      const [, zero = 0] = api.coord([params.dataIndex, 0]);
      if (bar.saving === null) {
        const ring = { cx: x, cy: zero - 6, r: Math.min(4, thick / 2) };
        return { type: "circle", shape: ring, style: { fill: palette.surface, stroke: palette.muted, lineWidth: 1.5 } } as never;
      }
      const colour = bar.saving < 0 ? palette.dear : palette.cheap;
      const shape = { x: x - thick / 2, y: Math.min(top, zero), width: thick, height: Math.max(1, Math.abs(top - zero)), r: 2 };
      if (bar.state === "closed") return { type: "rect", shape, style: { fill: colour } } as never;
      return {
        type: "group",
        children: [
          { type: "rect", shape, style: { fill: hatch(colour) } },
          { type: "rect", shape, style: { fill: "transparent", stroke: colour, lineWidth: 1.5, lineDash: [4, 3] } },
        ],
      } as never;
    },
  };
}

function sumSeries(sheet: Sheet, bars: Bar[]): object[] {
  const { palette } = sheet;
  const settled = bars.findLastIndex((bar) => bar.state === "closed");
  const line = { type: "line", xAxisIndex: 0, yAxisIndex: 0, symbol: "circle", symbolSize: 5, silent: true, itemStyle: { color: palette.cheap } };
  const upTo = (index: number): (number | null)[][] => bars.slice(0, index + 1).map((bar, at) => [at, bar.total]);
  const newest = bars.findLastIndex((bar) => bar.saving !== null);
  const from = Math.max(settled, 0);
  const after = bars.slice(from, newest + 1).map((bar, at) => [at + from, bar.total]);
  return [
    { ...line, data: upTo(settled), lineStyle: { color: palette.cheap, width: 2 }, areaStyle: { color: palette.cheap, opacity: 0.12 } },
    { ...line, data: newest > settled ? after : [], lineStyle: { color: palette.cheap, width: 1.5, type: [4, 3] } },
  ];
}

export function ledgerOption(sheet: Sheet, bars: Bar[], height: number): Option {
  const { palette, place } = sheet;
  const own = wordsIn(ledgerWords, place.locale);
  const room = Math.max(2, Math.floor((sheet.width - LEFT - RIGHT) / 58));
  const every = Math.max(1, Math.ceil(bars.length / room));
  const marks = bars.map((_, index) => index).filter((index) => (bars.length - 1 - index) % every === 0);
  const xAxis = { type: "value", min: -0.5, max: bars.length - 0.5, axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
  const yAxis = {
    type: "value",
    splitNumber: 2,
    axisLine: { show: false, onZero: false },
    axisTick: { show: false },
    axisLabel: { color: palette.muted, fontSize: 11, formatter: (value: number) => money(value, place.locale) },
    splitLine: { lineStyle: { color: palette.grid } },
    nameGap: 8,
    nameTextStyle: { color: palette.muted, fontSize: 11, align: "left" },
  };
  const scene = { palette } as Scene;
  return {
    ...base(scene),
    grid: [
      { left: LEFT, right: RIGHT, top: 22, height: LINE_HEIGHT },
      { left: LEFT, right: RIGHT, top: 22 + LINE_HEIGHT + GAP, height: height - 22 - LINE_HEIGHT - GAP - BELOW },
    ],
    xAxis: [
      { ...xAxis, gridIndex: 0, axisLabel: { show: false } },
      {
        ...xAxis,
        gridIndex: 1,
        axisLabel: { color: palette.muted, fontSize: 11, customValues: marks, formatter: (index: number) => dayMonth(bars[index]?.end ?? 0, place) },
      },
    ],
    yAxis: [
      { ...yAxis, gridIndex: 0, name: own.sumAxis },
      { ...yAxis, gridIndex: 1, name: own.weekAxis },
    ],
    tooltip: {
      ...(base(scene).tooltip as object),
      trigger: "item",
      formatter: (found: unknown) => {
        const bar = bars[(found as { dataIndex?: number }).dataIndex ?? -1];
        return bar ? tipOf(sheet, bar) : "";
      },
    },
    series: [...sumSeries(sheet, bars), barSeries(sheet, bars)],
  };
}
