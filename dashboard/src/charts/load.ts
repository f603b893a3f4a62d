/** Site load against contracted power. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

import { planWords } from "../i18n/areas/plan";
import { wordsIn } from "../i18n/words";
import { decimal, kw, kwh } from "../pure/format";
import { span } from "../pure/time";
import { stepPoints, type Load } from "../pure/timeline";
import { AXIS, base, nowSeries, timeAxis, timeZoom, tip, type Option, type Scene } from "./frame";

/** Where the load passes the contracted power, the part above it. */
function excess(scene: Scene, loads: Load[]): object {
  const above = loads.filter((load) => load.contracted !== null && load.kw > load.contracted);
  return {
    type: "custom",
    clip: true,
    silent: true,
    z: 5,
    data: above.map((load) => [load.start, load.kw]),
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const load = above[params.dataIndex];
      if (!load) return null;
      const [left = 0, top = 0] = api.coord([load.start, load.kw]);
      const [right = 0, bottom = 0] = api.coord([load.end, load.contracted ?? load.kw]);
      const shape = { x: left, y: top, width: Math.max(1, right - left), height: bottom - top };
      return { type: "rect", shape, style: { fill: scene.palette["danger-fill"] } };
    },
  };
}

function loadTip(scene: Scene, loads: Load[], ms: number): HTMLElement | string {
  const { words, place } = scene;
  const load = loads.find((one) => one.start <= ms && ms < one.end);
  if (!load) return "";
  const rows: [string, string][] = [[words.load.site, kw(load.kw, words.locale)]];
  if (load.contracted !== null) {
    rows.push([words.load.contracted, kw(load.contracted, words.locale)]);
    if (load.kw > load.contracted) rows.push([words.load.excess, kw(load.kw - load.contracted, words.locale)]);
  }
  const own = wordsIn(planWords, words.locale);
  if (load.solar !== null) rows.push([own.solarLine, kw(load.solar, words.locale)]);
  if (load.battery !== null) rows.push([load.battery < 0 ? own.discharge : own.charge, kw(Math.abs(load.battery), words.locale)]);
  if (load.stored !== null) rows.push([own.stored, kwh(load.stored, words.locale)]);
  return tip(span(load.start, load.end, place), rows);
}

export function loadOption(scene: Scene, loads: Load[], height: number): Option {
  const { palette, words } = scene;
  const line = { type: "line", step: "end", symbol: "none", silent: true };
  const assets = [
    { there: loads.some((load) => load.solar !== null), value: (load: Load) => load.solar, style: { color: palette.solar, width: 1.5, type: [2, 2] } },
    { there: loads.some((load) => load.battery !== null), value: (load: Load) => load.battery, style: { color: palette.battery, width: 1.5 } },
  ]
    .filter((asset) => asset.there)
    .map((asset) => ({ ...line, data: stepPoints(loads, asset.value), lineStyle: asset.style, z: 7 }));
  return {
    ...base(scene),
    grid: [{ left: scene.left, right: scene.right, top: 12, height: height - AXIS - 12 }],
    xAxis: [timeAxis(scene, true)],
    yAxis: [
      {
        type: "value",
        min: loads.some((load) => (load.battery ?? 0) < 0) ? null : 0,
        splitNumber: 3,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: palette.muted, fontSize: 11, formatter: (value: number) => decimal(value, words.locale, 0) },
        splitLine: { lineStyle: { color: palette.grid } },
      },
    ],
    dataZoom: timeZoom(scene, [0]),
    tooltip: {
      ...(base(scene).tooltip as object),
      trigger: "axis",
      axisPointer: { type: "none", snap: false },
      formatter: (found: unknown) => {
        const first = (Array.isArray(found) ? found[0] : found) as { axisValue?: number } | undefined;
        return first?.axisValue === undefined ? "" : loadTip(scene, loads, Number(first.axisValue));
      },
    },
    series: [
      {
        ...line,
        data: stepPoints(loads, (load) => load.kw),
        lineStyle: { color: palette.load, width: 1.5 },
        areaStyle: { color: palette["load-fill"], opacity: 1 },
        z: 3,
      },
      nowSeries(scene, false),
      excess(scene, loads),
      {
        ...line,
        data: stepPoints(loads, (load) => load.contracted),
        lineStyle: { color: palette.danger, width: 1.5, type: [6, 3] },
        z: 6,
      },
      ...assets,
    ],
  };
}
