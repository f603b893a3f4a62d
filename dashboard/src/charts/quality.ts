/** What was forecast before each auction, its band, and the price that came true. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

import { qualityWords } from "../i18n/areas/quality";
import { wordsIn } from "../i18n/words";
import { decimal, eurMwh } from "../pure/format";
import { banded, outside, scaleOf, steps, type Hour } from "../pure/quality";
import { span } from "../pure/time";
import { AXIS, base, timeAxis, tip, zeroSeries, type Option, type Scene } from "./frame";
import { hatch } from "./price";

function bandSeries(scene: Scene, hours: Hour[]): object {
  const runs = banded(hours);
  return {
    type: "custom",
    clip: true,
    silent: true,
    z: 2,
    data: runs.map((run) => [run[0]?.start, 0]),
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const run = runs[params.dataIndex];
      if (!run) return null;
      const edge = (pick: (hour: Hour) => number): number[][] =>
        run.flatMap((hour) => [hour.start, hour.end].map((ms) => api.coord([ms, pick(hour)])));
      const points = [...edge((hour) => hour.high ?? 0), ...edge((hour) => hour.low ?? 0).reverse()];
      const styles = [{ fill: scene.palette.band, opacity: 0.18 }, { fill: hatch(scene.palette.band) }];
      return { type: "group", children: styles.map((style) => ({ type: "polygon", shape: { points }, style })) } as never;
    },
  };
}

function tipAt(scene: Scene, hours: Hour[], ms: number): HTMLElement | string {
  const hour = hours.find((one) => one.start <= ms && ms < one.end);
  if (!hour) return "";
  const { locale } = scene.place;
  const own = wordsIn(qualityWords, locale);
  const money = (value: number | null): string => (value === null ? own.unknown : eurMwh(value, locale));
  const rows: [string, string][] = [
    [own.price, money(hour.price)],
    [own.forecast, money(hour.forecast)],
    [own.naive, money(hour.naive)],
  ];
  if (hour.low !== null && hour.high !== null) rows.push([own.band, `${decimal(hour.low, locale, 1)} – ${decimal(hour.high, locale, 1)}`]);
  const out = outside(hour);
  return tip(span(hour.start, hour.end, scene.place), rows, out === null ? "" : out ? own.outside : own.inside);
}

export function qualityOption(scene: Scene, hours: Hour[], height: number): Option {
  const { palette, place } = scene;
  const scale = scaleOf(hours);
  const line = { type: "line", symbol: "none", silent: true };
  return {
    ...base(scene),
    grid: [{ left: scene.left, right: scene.right, top: 12, height: height - AXIS - 12 }],
    xAxis: [timeAxis(scene, true)],
    yAxis: [
      {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: palette.muted, fontSize: 11, formatter: (value: number) => decimal(value, place.locale, 0) },
        splitLine: { lineStyle: { color: palette.grid } },
      },
    ],
    tooltip: {
      ...(base(scene).tooltip as object),
      trigger: "axis",
      axisPointer: { type: "line", snap: false, lineStyle: { color: palette.line } },
      formatter: (found: unknown) => {
        const first = (Array.isArray(found) ? found[0] : found) as { axisValue?: number } | undefined;
        return first?.axisValue === undefined ? "" : tipAt(scene, hours, Number(first.axisValue));
      },
    },
    series: [
      bandSeries(scene, hours),
      ...(scale.min < 0 ? [zeroSeries({ ...scene, now: scene.bounds.start })] : []),
      { ...line, z: 3, data: steps(hours, (hour) => hour.forecast), lineStyle: { color: palette.price, width: 1.5, type: [5, 3.5] } },
      { ...line, z: 4, data: steps(hours, (hour) => hour.price), lineStyle: { color: palette.price, width: 2 } },
    ],
  };
}
