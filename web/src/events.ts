// Server-sent events out of the pieces in which they come (WHATWG HTML, "Event stream interpretation"), as far as
// Drover's server writes them. EventSource itself cannot send the token.

export interface ServerEvent {
  name: string;
  data: unknown;
}

/** Takes pieces of text; gives the events that are whole by then. */
export class EventReader {
  private rest = "";

  take(piece: string): ServerEvent[] {
    const blocks = (this.rest + piece).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(read).filter((event) => event !== undefined);
  }
}

function read(block: string): ServerEvent | undefined {
  let name = "message";
  let text = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    if (line.startsWith("data: ")) text += line.slice(6);
  }
  if (!text) return undefined;
  return { name, data: JSON.parse(text) as unknown };
}
