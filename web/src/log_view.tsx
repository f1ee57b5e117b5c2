// A job's log as it comes: at its end unless somebody has scrolled away from it.
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { listen, Refusal } from "./client";
import { lastLines, settled } from "./log_text";
import { isRefused } from "./session";

/** Of a long log only the end is fetched and held: what a person scrolls through, and a browser lays out at once. */
const shownMax = 256 * 1024;
const pauseMs = 1000;

interface LogProps {
  id: string;
  /** Bytes that there are now. */
  size: number;
  /** Called when its state has changed, as far as the log tells. */
  changed: () => void;
  /** It may come to print more: room is kept for that. */
  isLive: boolean;
}

class Follower {
  readonly text = signal("");
  readonly isCut = signal(false);
  readonly isOver = signal(false);
  private next: number;
  private raw = "";

  constructor(
    private readonly id: string,
    size: number,
    private readonly changed: () => void,
  ) {
    this.next = Math.max(0, size - shownMax);
    this.isCut.value = this.next > 0;
  }

  /** Until it is over; goes on where it was when the server was away. */
  async follow(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !this.isOver.value && !isRefused.value) {
      try {
        await listen("/v1/jobs/{id}/log", { id: this.id }, { from: this.next }, stop, ({ name, data }) => {
          if (name === "log") this.add(data as { text: string; next: number });
          if (name === "end") this.isOver.value = true;
          if (name === "state" || name === "end") this.changed();
        });
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return;
      }
      if (!this.isOver.value) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  private add(piece: { text: string; next: number }): void {
    this.next = piece.next;
    const isInMiddle = this.isCut.value && this.raw === "";
    this.raw += isInMiddle ? piece.text.slice(piece.text.indexOf("\n") + 1) : piece.text;
    if (this.raw.length > shownMax) this.isCut.value = true;
    this.raw = lastLines(this.raw, shownMax);
    this.text.value = settled(this.raw);
  }
}

export function LogView({ id, size, changed, isLive }: LogProps) {
  const wasLive = useMemo(() => isLive, [id]); // nothing below it jumps when it ends
  const follower = useMemo(() => new Follower(id, size, changed), [id]);
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const stop = new AbortController();
    void follower.follow(stop.signal);
    return () => stop.abort();
  }, [follower]);
  const text = follower.text.value;
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const scrolled = () => {
    const pre = box.current!;
    isAtEnd.current = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
  };
  return (
    <section aria-labelledby="log">
      <h2 id="log">Log</h2>
      {follower.isCut.value && (
        <p class="empty">
          Only its end. All of it: <code>drover job logs {id}</code>
        </p>
      )}
      <pre ref={box} class={wasLive ? "log live" : "log"} tabIndex={0} role="log" aria-live="off" aria-label="Log of the job" onScroll={scrolled}>
        {text || (follower.isOver.value ? "It printed nothing." : "Nothing yet.")}
      </pre>
    </section>
  );
}
