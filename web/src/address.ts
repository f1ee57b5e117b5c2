// What an address of the page means. Everything stands behind the #, which no browser sends to a server.

export type Place = { kind: "list" } | { kind: "pools" } | { kind: "job"; id: string };

export interface Arrival {
  token: string;
  /** Where to go then, as a fragment of its own. */
  onward: string;
}

/** "#token=...&job=ID", as `drover open` makes it; undefined for any other. */
export function arrival(fragment: string): Arrival | undefined {
  const words = new URLSearchParams(fragment.replace(/^#/, ""));
  const token = words.get("token");
  if (token === null) return undefined;
  const job = words.get("job");
  return { token, onward: job ? toJob(job) : "#/" };
}

export const toJob = (id: string) => "#/jobs/" + encodeURIComponent(id);

/** What does not read is the list. */
export function place(fragment: string): Place {
  if (fragment === "#/pools") return { kind: "pools" };
  const found = /^#\/jobs\/([^/]+)$/.exec(fragment);
  if (!found?.[1]) return { kind: "list" };
  try {
    return { kind: "job", id: decodeURIComponent(found[1]) };
  } catch {
    return { kind: "list" };
  }
}
