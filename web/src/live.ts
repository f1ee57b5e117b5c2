// Looks again and again while somebody can see it: in a tab that is not shown nothing is asked for.
import { signal } from "@preact/signals";
import { Refusal } from "./client";
import { isRefused } from "./session";

/** A second: what people call at once, for a few kilobytes each. */
const lookEveryMs = 1000;
/** While the server is away. */
const retryEveryMs = 2000;

/** The server's clock as far as its answers told; microseconds since 1970. */
const ahead = signal(0);
export const tick = signal(Date.now());
export const learnClock = (serverUs: number) => (ahead.value = serverUs - Date.now() * 1000);
export const nowUs = () => tick.value * 1000 + ahead.value;
setInterval(() => (tick.value = Date.now()), 1000);

/** Does `look` now and on, one at a time; gives what ends it. It ends by itself when `look` says so, or is refused. */
export function keepLooking(look: () => Promise<boolean>, refused: (why: Refusal) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isEnded = false;
  let isLooking = false;
  const end = () => {
    isEnded = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  };
  const turn = async () => {
    timer = undefined;
    if (document.hidden || isEnded || isLooking) return;
    let pause = lookEveryMs;
    isLooking = true;
    try {
      if (!(await look())) return end();
    } catch (error) {
      if (error instanceof Refusal && error.status !== 503) refused(error);
      if (isRefused.value || (error instanceof Refusal && error.status === 404)) return end();
      pause = retryEveryMs;
    } finally {
      isLooking = false;
    }
    if (!isEnded) timer = setTimeout(() => void turn(), pause);
  };
  const wake = () => {
    if (!document.hidden && timer === undefined) void turn();
  };
  document.addEventListener("visibilitychange", wake);
  void turn();
  return end;
}
