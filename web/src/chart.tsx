// One metric as a line: over steps or over time, with what is under the pointer said beside its name.
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { MetricSeries } from "./client";
import { elapsed, figure } from "./format";
import { columns, extremes, type Axis } from "./jobs";

const height = 180;

/** Colours of the style sheet, which follow the system's wish. */
const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const dark = matchMedia("(prefers-color-scheme: dark)");

function options(width: number, axis: Axis, name: string, points: number, pointed: (at: number | null) => void): uPlot.Options {
  const drawn = (label: string, values: (ticks: number[]) => string[], size: number): uPlot.Axis => ({
    label,
    labelSize: 18,
    labelGap: 2,
    labelFont: "12px system-ui, sans-serif",
    font: "12px system-ui, sans-serif",
    size,
    stroke: () => colour("--faint"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    values: (_, ticks) => values(ticks),
  });
  const where = axis === "step" ? figure : elapsed;
  return {
    width,
    height,
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: false } },
    axes: [
      drawn(axis === "step" ? "step" : "time since its first value", (ticks) => ticks.map(where), 24),
      drawn(name, (ticks) => ticks.map(figure), 58),
    ],
    series: [
      {},
      {
        stroke: () => colour("--accent"),
        width: 1.75,
        spanGaps: true,
        points: { show: points < 40, size: 5, fill: () => colour("--accent") },
      },
    ],
    hooks: { setCursor: [(plot) => pointed(plot.cursor.idx ?? null)] },
  };
}

/** What it says in words, for those who do not see it. */
function description(series: MetricSeries, axis: Axis): string {
  const range = extremes(series);
  const last = series.values.at(-1);
  if (!range || !last) return `${series.key}: no values`;
  return `${series.key} over ${axis}: ${series.count} values between ${figure(range[0])} and ${figure(range[1])}, last ${figure(last.value)}`;
}

export function Chart({ series, axis }: { series: MetricSeries; axis: Axis }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const pointed = useMemo(() => signal<number | null>(null), []);
  const data = useMemo(() => columns(series, axis), [series, axis]);
  const isSparse = data[0].length < 40;
  useEffect(() => {
    const target = box.current!;
    const made = new uPlot(
      options(target.clientWidth, axis, series.key, data[0].length, (at) => (pointed.value = at)),
      data,
      target,
    );
    plot.current = made;
    const size = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    size.observe(target);
    const redraw = () => made.redraw(false, true);
    dark.addEventListener("change", redraw);
    return () => {
      dark.removeEventListener("change", redraw);
      size.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [axis, series.key, isSparse]);
  useEffect(() => {
    const made = plot.current;
    if (!made || made.data === data) return;
    // Somebody who has drawn a piece larger keeps it while values come; a double click shows all again.
    const drawn = made.data[0];
    const { min, max } = made.scales.x!;
    const isCloser = drawn.length > 1 && ((min ?? 0) > drawn[0]! || (max ?? 0) < drawn.at(-1)!);
    made.setData(data, !isCloser);
    if (isCloser) made.redraw();
  }, [data]);
  const at = pointed.value ?? data[0].length - 1;
  const value = data[1][at];
  const where = data[0][at] ?? 0;
  return (
    <figure>
      <figcaption>
        <span class="name">{series.key}</span>
        <strong class="figure">{figure(value ?? "NaN")}</strong>
        <span class="at">{axis === "step" ? `at step ${figure(where)}` : `at ${elapsed(where)}`}</span>
      </figcaption>
      <div ref={box} class="chart" role="img" aria-label={description(series, axis)} />
    </figure>
  );
}
