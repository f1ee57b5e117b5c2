// The API of the server that this page came from. Its types are made from its own document when the page is built
// (cmake/page.cmake); nothing of them is written down here a second time.
import type { components, paths } from "./api";
import { EventReader, type ServerEvent } from "./events";
import { isRefused, token, trouble } from "./session";

type Schemas = components["schemas"];
export type Job = Schemas["Job"];
export type JobInFull = Schemas["JobInFull"];
export type State = Job["state"];
export type MetricSeries = Schemas["JobMetrics"]["metrics"][number];
export type JobMetrics = Schemas["JobMetrics"];
export type Pool = Schemas["Pool"];
export type Pairs = Schemas["Pairs"];

type Method = "get" | "post" | "delete";
type AnswerOf<P extends keyof paths, M extends Method> = paths[P] extends {
  [K in M]: { responses: { 200: { content: { "application/json": infer A } } } };
}
  ? A
  : never;

/** What the server said was wrong. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Fills the names of a path of the API, and adds a query. */
function address(path: string, names: Record<string, string>, query: Record<string, number>): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
  const words = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return words.length ? `${filled}?${words.join("&")}` : filled;
}

async function refusal(response: Response): Promise<Refusal> {
  let message = `the server answered ${response.status}`;
  try {
    const said = (await response.json()) as Schemas["Errors"];
    message = said.errors.map((error) => error.message + (error.hint ? ` (${error.hint})` : "")).join("; ");
  } catch {
    // no JSON: the number will have to do
  }
  return new Refusal(response.status, message);
}

async function send(method: Method, url: string, accept: string, stop?: AbortSignal, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Authorization: "Bearer " + token.value, Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(url, {
      method: method.toUpperCase(),
      headers,
      cache: "no-store",
      signal: stop ?? null,
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch (error) {
    if (!stop?.aborted) trouble.value = "The server does not answer. Trying again…";
    throw error;
  }
  trouble.value = "";
  if (response.status === 401) isRefused.value = true;
  if (!response.ok) throw await refusal(response);
  return response;
}

/** One request of a route of the API. Throws a Refusal for what the server refuses. */
export async function ask<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  names: Record<string, string> = {},
  query: Record<string, number> = {},
): Promise<AnswerOf<P, M>> {
  const response = await send(method, address(path, names, query), "application/json");
  return (await response.json()) as AnswerOf<P, M>;
}

type BodyOf<P extends keyof paths> = paths[P] extends {
  post: { requestBody?: { content: { "application/json": infer B } } };
}
  ? B
  : never;

/** Posts a body to a route of the API. Throws a Refusal for what the server refuses. */
export async function tell<P extends keyof paths>(path: P, body: BodyOf<P>): Promise<AnswerOf<P, "post">> {
  const response = await send("post", address(path, {}, {}), "application/json", undefined, body);
  return (await response.json()) as AnswerOf<P, "post">;
}

/** A route's events as they come, until it ends or `stop` is raised. */
export async function listen<P extends keyof paths>(
  path: P,
  names: Record<string, string>,
  query: Record<string, number>,
  stop: AbortSignal,
  heard: (event: ServerEvent) => void,
): Promise<void> {
  const response = await send("get", address(path, names, query), "text/event-stream", stop);
  const pieces = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const reader = new EventReader();
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return;
    reader.take(value).forEach(heard);
  }
}

/** An output file, put together from its pieces; one that still grows as far as it was listed, or a little more. */
export async function fetchOutput(id: string, path: string, size: number, told: (bytes: number) => void): Promise<Blob> {
  const pieces: ArrayBuffer[] = [];
  for (let from = 0; from < size; ) {
    const url = address("/v1/jobs/{id}/outputs/{path}" satisfies keyof paths, { id, path }, { from });
    const piece = await (await send("get", url, "application/octet-stream")).arrayBuffer();
    if (piece.byteLength === 0) break; // it is shorter by now
    pieces.push(piece);
    from += piece.byteLength;
    told(from);
  }
  return new Blob(pieces, { type: "application/octet-stream" });
}
