// What is said of jobs, decided from their records alone.
import type { Job, MetricSeries, State } from "./client";
import { figure } from "./format";

const ends: State[] = ["completed", "failed", "canceled"];

export const isOver = (state: State) => ends.includes(state);

/** As the CLI calls it: what its author named it, or its command's first line. */
export function title(job: Job): string {
  const named = job.spec.display_name || job.spec.name;
  if (named) return named;
  const line = (job.spec.command ?? "").split("\n")[0] ?? "";
  return line.length <= 40 ? line : line.slice(0, 39) + "…";
}

/** A clause as the API gives reasons, at the beginning of a line. */
export const sentence = (clause: string) => clause.charAt(0).toUpperCase() + clause.slice(1);

/** Where it runs, in words. */
export const placeOf = (job: Job) => (job.target === "local" ? "this machine" : job.target);

/** Those that are not over: what runs first, then what waits, each in the order in which they were submitted. */
export function underWay(jobs: Job[]): Job[] {
  const rank = (job: Job) => (job.state === "queued" ? 1 : 0);
  return jobs
    .filter((job) => !isOver(job.state))
    .sort((a, b) => rank(a) - rank(b) || (rank(a) ? b.priority - a.priority : 0) || a.submitted_us - b.submitted_us);
}

/** Those that are over, the last first. */
export const ended = (jobs: Job[]) =>
  jobs.filter((job) => isOver(job.state)).sort((a, b) => b.ended_us - a.ended_us);

/** Seconds that it has run, or waited where it has not begun. */
export function seconds(job: Job, nowUs: number): number {
  const until = isOver(job.state) ? job.ended_us : nowUs;
  const since = job.state === "queued" || !job.started_us ? job.submitted_us : job.started_us;
  return Math.max(0, until - since) / 1e6;
}

/** Its metrics in a few words: "loss 0.31, accuracy 0.9", at most `most` of them. */
export function lastMetrics(job: Job, most: number): string {
  const metrics = job.metrics ?? [];
  const words = metrics.slice(0, most).map((metric) => `${metric.key} ${figure(metric.value)}`);
  if (metrics.length > most) words.push(`${metrics.length - most} more`);
  return words.join(", ");
}

/** What changed its state between two looks, in words for those who cannot see it change. */
export function changes(before: Map<string, State>, jobs: Job[]): string[] {
  return jobs
    .filter((job) => before.size > 0 && before.get(job.id) !== job.state)
    .map((job) => `${title(job)}: ${job.state}`);
}

export type Axis = "step" | "time";

/** Steps, unless all values are of one step, as scripts log that name none. */
export const naturalAxis = (series: MetricSeries): Axis =>
  series.values.some((value) => value.step !== series.values[0]?.step) ? "step" : "time";

/** Columns of a chart: where, and what. By step the last value of a step holds; by time, seconds since the first. */
export function columns(series: MetricSeries, axis: Axis): [number[], (number | null)[]] {
  const first = series.values[0]?.timestamp ?? 0;
  const points = new Map<number, number | null>();
  for (const each of series.values) {
    const where = axis === "step" ? each.step : (each.timestamp - first) / 1000;
    points.set(where, typeof each.value === "number" ? each.value : null);
  }
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  return [sorted.map((point) => point[0]), sorted.map((point) => point[1])];
}

/** Least and greatest of the values that are numbers; undefined where there is none. */
export function extremes(series: MetricSeries): [number, number] | undefined {
  const numbers = series.values.map((each) => each.value).filter((value) => typeof value === "number");
  if (numbers.length === 0) return undefined;
  return [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
}
