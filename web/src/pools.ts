// What is said of pools, decided from what the API tells of them.
import type { MetricSeries, Pool } from "./client";

/** What governs its count just now, as a mark: a person's word stands above all else. */
export function standing(pool: Pool): "pinned" | "paused" | "acts" | "observes" {
  if (pool.hand) return pool.hand.nodes === undefined ? "paused" : "pinned";
  return pool.acts ? "acts" : "observes";
}

export const nodes = (count: number) => `${count} ${count === 1 ? "node" : "nodes"}`;

/** "5 nodes, 4 ready, 1 leaving" */
export function nodesOf(pool: Pool): string {
  const words = [nodes(pool.asked)];
  if (pool.ready !== undefined && pool.ready !== pool.asked) words.push(`${pool.ready} ready`);
  if (pool.leaving > 0) words.push(`${pool.leaving} leaving`);
  return words.join(", ");
}

/** "2026-11-22T10:05:00Z" as "10:05", with the day where it is another one than `today`. */
export function clockOf(iso: string, today: string): string {
  const time = iso.slice(11, 16);
  return iso.slice(0, 10) === today.slice(0, 10) ? time : `${iso.slice(0, 10)} ${time}`;
}

/** Without its first words, which say the count again: "7 nodes: the forecast wants 7" */
export function reasonOf(sentence: string): string {
  const colon = sentence.indexOf(": ");
  return colon < 0 ? sentence : sentence.charAt(colon + 2).toUpperCase() + sentence.slice(colon + 3);
}

/** "3 → 7 nodes", "7 nodes" */
export const change = (from: number, to: number) => (from === to ? nodes(to) : `${from} → ${nodes(to)}`);

/** A wish's count in words. */
export function wanted(wish: Pool["wishes"][number]): string {
  const words: string[] = [];
  if (wish.at_least !== undefined && wish.at_least === wish.at_most) return `exactly ${wish.at_least}`;
  if (wish.at_least !== undefined) words.push(`at least ${wish.at_least}`);
  if (wish.at_most !== undefined) words.push(`at most ${wish.at_most}`);
  if (wish.keep !== undefined && wish.keep > (wish.at_least ?? 0)) words.push(`may keep ${wish.keep}`);
  return words.join(", ") || "stays as it is";
}

/** One of a pool's figures over time, as charts take it. */
export function seriesOf(pool: Pool, name: "nodes" | "load"): MetricSeries {
  const values = pool.points
    .map((point, step) => ({ step, timestamp: Date.parse(point.at), value: name === "load" ? point.load : (point.ready ?? point.asked) }))
    .filter((point): point is { step: number; timestamp: number; value: number } => point.value !== undefined);
  return { key: name, count: values.length, values };
}

/** What changed between two looks, for those who cannot see it change. */
export function poolChanges(before: Map<string, number>, pools: Pool[]): string[] {
  return pools
    .filter((pool) => before.has(pool.scaler) && before.get(pool.scaler) !== pool.asked)
    .map((pool) => `${pool.scaler}: ${nodes(pool.asked)}`);
}

/** What a pin of so many nodes will not do: nothing at all where the scaler only observes, no more than the ceiling allows. */
export function pinNotes(pool: Pool, count: number): string[] {
  const notes: string[] = [];
  if (!pool.acts) notes.push(`The scaler only observes (${pool.observes_because}), so the count stays ${nodes(pool.asked)}.`);
  if (count > pool.ceiling) notes.push(`The ceiling is ${pool.ceiling}: it gets ${nodes(pool.ceiling)}, not ${count}.`);
  const floor = Math.min(pool.floor, pool.ceiling);
  if (count < floor) notes.push(`The floor is ${floor}: it keeps ${nodes(floor)}, not ${count}.`);
  return notes;
}
