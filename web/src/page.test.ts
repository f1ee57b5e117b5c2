// The parts of the page that need no browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrival, place } from "./address";
import type { Job, MetricSeries, Pool, State } from "./client";
import { EventReader } from "./events";
import { ago, bytes, elapsed, figure, human, money } from "./format";
import { changes, columns, ended, extremes, lastMetrics, naturalAxis, seconds, title, underWay } from "./jobs";
import { lastLines, settled } from "./log_text";
import { clockOf, nodesOf, pinNotes, poolChanges, reasonOf, seriesOf, standing, wanted } from "./pools";

const job = (id: string, state: State, more: Partial<Job> = {}): Job => ({
  id,
  owner: "ada",
  spec: { command: "python train.py\n--fast", inputs: {}, outputs: {} },
  state,
  reason: "",
  priority: 0,
  attempt: 1,
  past: [],
  target: "local",
  why: "",
  cost_note: "",
  submitted_us: 0,
  started_us: 0,
  ended_us: 0,
  ...more,
});

test("durations are said as the CLI says them", () => {
  assert.equal(human(0.44), "0.4 s");
  assert.equal(human(59.94), "59.9 s");
  assert.equal(human(161), "2:41");
  assert.equal(human(3761), "1:02:41");
  assert.equal(human(3 * 86400 + 4 * 3600 + 600), "3 d 04:10");
  assert.equal(elapsed(59.99), "59 s");
  assert.equal(elapsed(60), "1:00");
});

test("money has a unit", () => {
  assert.equal(money(0.104), "0.10 USD");
  assert.equal(money(0.0021), "0.002 USD");
  assert.equal(money(0.00021), "0.0002 USD");
  assert.equal(money(1234.4), "1,234 USD");
});

test("sizes and numbers are short", () => {
  assert.equal(bytes(1), "1 byte");
  assert.equal(bytes(1240), "1.2 kB");
  assert.equal(bytes(34_000_000), "34 MB");
  assert.equal(figure(0.123456), "0.1235");
  assert.equal(figure(12345), "12,345");
  assert.equal(figure(0.0000123), "1.23e-5");
  assert.equal(figure("NaN"), "NaN");
  assert.equal(ago(3 * 3600, new Date(0)), "3 h ago");
  assert.equal(ago(3 * 86400, new Date(0)), "1970-01-01");
});

test("events are read however they are cut", () => {
  const text = 'event: log\ndata: {"text":"a\\n"}\n\nevent: end\ndata: {"state":"completed"}\n\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const reader = new EventReader();
    const events = [...reader.take(text.slice(0, cut)), ...reader.take(text.slice(cut))];
    assert.deepEqual(events, [
      { name: "log", data: { text: "a\n" } },
      { name: "end", data: { state: "completed" } },
    ]);
  }
});

test("a log is what a terminal would have left", () => {
  assert.equal(settled("a\r\nb\n"), "a\nb\n");
  assert.equal(settled(" 10%\r 50%\r100%\nnext\n 20%\r"), "100%\nnext\n 20%\r");
  assert.equal(settled("\x1b[1;31mred\x1b[0m plain \x1b[2K"), "red plain ");
  assert.equal(lastLines("one\ntwo\nthree\n", 8), "three\n");
  assert.equal(lastLines("short", 8), "short");
  assert.equal(lastLines("endless", 3), "ess");
});

test("an address brings a token, or says where one is", () => {
  assert.deepEqual(arrival("#token=ab12"), { token: "ab12", onward: "#/" });
  assert.deepEqual(arrival("#token=ab12&job=7%20f"), { token: "ab12", onward: "#/jobs/7%20f" });
  assert.equal(arrival("#/jobs/7f"), undefined);
  assert.deepEqual(place("#/jobs/7%20f"), { kind: "job", id: "7 f" });
  assert.deepEqual(place("#/jobs/%"), { kind: "list" });
  assert.deepEqual(place(""), { kind: "list" });
});

test("jobs are in the order in which one would ask for them", () => {
  const jobs = [
    job("late", "queued", { submitted_us: 9 }),
    job("urgent", "queued", { submitted_us: 10, priority: 5 }),
    job("runs", "running", { submitted_us: 8 }),
    job("old", "completed", { ended_us: 1 }),
    job("new", "failed", { ended_us: 2 }),
  ];
  assert.deepEqual(underWay(jobs).map((each) => each.id), ["runs", "urgent", "late"]);
  assert.deepEqual(ended(jobs).map((each) => each.id), ["new", "old"]);
});

test("a job is called what its author called it", () => {
  assert.equal(title(job("a", "queued")), "python train.py");
  assert.equal(title(job("a", "queued", { spec: { command: "", inputs: {}, outputs: {}, name: "n", display_name: "d" } })), "d");
});

test("times are those of its state", () => {
  const at = { submitted_us: 1e6, started_us: 3e6, ended_us: 8e6 };
  assert.equal(seconds(job("a", "queued", { submitted_us: 1e6 }), 4e6), 3);
  assert.equal(seconds(job("a", "running", at), 4e6), 1);
  assert.equal(seconds(job("a", "completed", at), 99e6), 5);
});

test("what changed is said, but not what was there from the start", () => {
  const now = [job("a", "completed"), job("b", "running")];
  assert.deepEqual(changes(new Map(), now), []);
  assert.deepEqual(changes(new Map([["a", "running"], ["b", "running"]]), now), ["python train.py: completed"]);
});

const series = (values: [number, number | "NaN", number][]): MetricSeries => ({
  key: "loss",
  count: values.length,
  values: values.map(([step, value, timestamp]) => ({ step, value, timestamp })),
});

test("metrics become columns in order", () => {
  const steps = series([[1, 5, 2000], [0, 9, 1000], [1, 4, 3000], [2, "NaN", 4000]]);
  assert.equal(naturalAxis(steps), "step");
  assert.deepEqual(columns(steps, "step"), [[0, 1, 2], [9, 4, null]]);
  assert.deepEqual(columns(steps, "time"), [[-1, 0, 1, 2], [9, 5, 4, null]]);
  assert.deepEqual(extremes(steps), [4, 9]);
  assert.equal(naturalAxis(series([[0, 5, 2000], [0, 4, 3000]])), "time");
  assert.equal(extremes(series([[0, "NaN", 0]])), undefined);
  const metric = (key: string) => ({ key, value: 0.5, timestamp: 0, step: 0 });
  assert.equal(lastMetrics(job("a", "running", { metrics: ["x", "y", "z"].map(metric) }), 2), "x 0.5, y 0.5, 1 more");
});

const pool = (more: Partial<Pool> = {}): Pool => ({
  scaler: "lab/web",
  at: "2026-11-22T10:05:00Z",
  asked: 3,
  leaving: 0,
  acts: true,
  observes_because: "",
  floor: 0,
  ceiling: 9,
  sentence: "3 nodes: the queue needs 3 (2 pending jobs); the ceiling is 9",
  to: 3,
  wishes: [],
  lead_words: "",
  notes: [],
  alerts: [],
  is_kept: true,
  points: [],
  decisions: [],
  ...more,
});

test("a person's word stands above what a pool does by itself", () => {
  assert.equal(standing(pool()), "acts");
  assert.equal(standing(pool({ acts: false })), "observes");
  assert.equal(standing(pool({ acts: false, hand: { reason: "", by: "ada" } })), "paused");
  assert.equal(standing(pool({ hand: { reason: "", by: "ada", nodes: 0 } })), "pinned");
});

test("a pin says what it will not do", () => {
  assert.deepEqual(pinNotes(pool(), 5), []);
  assert.deepEqual(pinNotes(pool(), 99), ["The ceiling is 9: it gets 9 nodes, not 99."]);
  assert.deepEqual(pinNotes(pool({ floor: 2 }), 1), ["The floor is 2: it keeps 2 nodes, not 1."]);
  const observer = pool({ acts: false, observes_because: "mode: observe" });
  assert.deepEqual(pinNotes(observer, 5), ["The scaler only observes (mode: observe), so the count stays 3 nodes."]);
});

test("pools are told in words", () => {
  assert.equal(nodesOf(pool({ ready: 3 })), "3 nodes");
  assert.equal(nodesOf(pool({ asked: 1, ready: 0, leaving: 2 })), "1 node, 0 ready, 2 leaving");
  assert.equal(reasonOf(pool().sentence), "The queue needs 3 (2 pending jobs); the ceiling is 9");
  assert.equal(clockOf("2026-11-21T09:05:00Z", "2026-11-22T10:05:00Z"), "2026-11-21 09:05");
  assert.equal(wanted({ source: "pin", reason: "", at_least: 4, at_most: 4 }), "exactly 4");
  assert.equal(wanted({ source: "forecast", reason: "", at_least: 4, keep: 6 }), "at least 4, may keep 6");
  assert.equal(wanted({ source: "pause", reason: "" }), "stays as it is");
  assert.deepEqual(poolChanges(new Map([["lab/web", 2]]), [pool()]), ["lab/web: 3 nodes"]);
  assert.deepEqual(poolChanges(new Map(), [pool()]), []);
});

test("what was not measured is left out of a pool's chart", () => {
  const points = [
    { at: "2026-11-22T10:00:00Z", asked: 2, to: 2, load: 5 },
    { at: "2026-11-22T10:01:00Z", asked: 2, to: 3, ready: 1 },
  ];
  assert.deepEqual(seriesOf(pool({ points }), "nodes").values.map((each) => each.value), [2, 1]);
  assert.deepEqual(seriesOf(pool({ points }), "load").values.map((each) => each.value), [5]);
});
