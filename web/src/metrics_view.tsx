// What a job has logged: a chart a metric, and the last values as a table.
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Chart } from "./chart";
import type { JobMetrics } from "./client";
import { figure } from "./format";
import { extremes, naturalAxis, type Axis } from "./jobs";

/** More charts than this are drawn when somebody asks for them. */
const chartsAtFirst = 12;

export function Metrics({ metrics, isOver }: { metrics: JobMetrics | undefined; isOver: boolean }) {
  const chosen = useMemo(() => signal<Axis | undefined>(undefined), []);
  const showsAll = useMemo(() => signal(false), []);
  if (!metrics || metrics.metrics.length === 0)
    return isOver ? null : (
      <section aria-labelledby="metrics">
        <h2 id="metrics">Metrics</h2>
        <p class="empty">None yet. What its script logs with MLflow is drawn here as it comes.</p>
      </section>
    );
  const axis = chosen.value ?? (metrics.metrics.some((each) => naturalAxis(each) === "step") ? "step" : "time");
  const drawn = showsAll.value ? metrics.metrics : metrics.metrics.slice(0, chartsAtFirst);
  return (
    <section aria-labelledby="metrics">
      <div class="heading">
        <h2 id="metrics">Metrics</h2>
        <div class="choice" role="group" aria-label="Drawn over">
          {(["step", "time"] as const).map((each) => (
            <button type="button" key={each} aria-pressed={axis === each} onClick={() => (chosen.value = each)}>
              by {each}
            </button>
          ))}
        </div>
      </div>
      <div class="charts">
        {drawn.map((series) => (
          <Chart key={series.key} series={series} axis={axis} />
        ))}
      </div>
      {drawn.length < metrics.metrics.length && (
        <button type="button" onClick={() => (showsAll.value = true)}>
          Draw all {metrics.metrics.length}
        </button>
      )}
      <div class="wide" tabIndex={0} role="region" aria-label="Last values">
        <table>
          <thead>
            <tr>
              <th scope="col">metric</th>
              <th scope="col">last</th>
              <th scope="col">step</th>
              <th scope="col">least</th>
              <th scope="col">greatest</th>
              <th scope="col">values</th>
            </tr>
          </thead>
          <tbody>
            {metrics.metrics.map((series) => {
              const last = series.values.at(-1);
              const range = extremes(series);
              return (
                <tr key={series.key}>
                  <th scope="row">{series.key}</th>
                  <td>{last ? figure(last.value) : ""}</td>
                  <td>{last ? figure(last.step) : ""}</td>
                  <td>{range ? figure(range[0]) : ""}</td>
                  <td>{range ? figure(range[1]) : ""}</td>
                  <td>{figure(series.count)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
