// Small pieces that both views have: a state, a time, a question, a list of pairs.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { State } from "./client";
import { ago, elapsed, human, money } from "./format";
import { isOver, seconds } from "./jobs";
import type { Job } from "./client";
import { nowUs } from "./live";
import { hasMoved } from "./session";

export const StateMark = ({ state }: { state: State }) => <span class={"state " + state}>{state}</span>;

/** How long it runs or waits, counting on; or how long it took. */
export function Span({ job }: { job: Job }) {
  const taken = seconds(job, nowUs());
  return <span class="figure">{isOver(job.state) ? human(taken) : elapsed(taken)}</span>;
}

export function Ago({ us }: { us: number }) {
  const at = new Date(us / 1000);
  return (
    <time dateTime={at.toISOString()} title={at.toLocaleString()}>
      {ago((nowUs() - us) / 1e6, at)}
    </time>
  );
}

/** The view's name; whoever came here by a link within the page is put there, as a page of its own would. */
export function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (hasMoved.value) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {text}
    </h1>
  );
}

/** What it has cost, as the CLI says it; nothing where it costs nothing. */
export const costOf = (job: Job) => (job.usd ? money(job.usd) : "");

export interface Pair {
  label: string;
  value: ComponentChildren;
  isWide?: boolean;
}

export function Facts({ pairs }: { pairs: Pair[] }) {
  return (
    <dl class="facts">
      {pairs
        .filter((pair) => pair.value !== "" && pair.value !== undefined && pair.value !== null)
        .map((pair) => (
          <div key={pair.label} class={pair.isWide ? "whole" : ""}>
            <dt>{pair.label}</dt>
            <dd>{pair.value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A line that scripts asked for: "Type this." */
export const Command = ({ text }: { text: string }) => <code class="command">{text}</code>;

interface QuestionProps {
  title: string;
  text: string;
  yes: string;
  no: string;
  answer: (isYes: boolean) => void;
}

/** Asks before something cannot be undone. Escape, and the button that has the focus at first, are a no. */
export function Question({ title, text, yes, no, answer }: QuestionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="question" onCancel={() => answer(false)} onClose={() => answer(false)}>
      <h2 id="question">{title}</h2>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" autofocus onClick={() => answer(false)}>
          {no}
        </button>
        <button type="button" class="danger" onClick={() => answer(true)}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
