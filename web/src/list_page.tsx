// All jobs in one column: what runs or waits, and why; and what has ended lately.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toJob } from "./address";
import { ask, type Job, type State } from "./client";
import { human } from "./format";
import { changes, ended, lastMetrics, placeOf, seconds, title, underWay } from "./jobs";
import { keepLooking, learnClock } from "./live";
import { Ago, Command, costOf, Heading, Span, StateMark } from "./parts";
import { announce } from "./voice";

const openAtFirst = 50;
const endedAtFirst = 20;
/** Each time somebody asks for more. */
const more = 100;

const jobs = signal<Job[] | undefined>(undefined);
const openCount = signal(0);
const endedCount = signal(0);
const openShown = signal(openAtFirst);
const endedShown = signal(endedAtFirst);

let states = new Map<string, State>();

async function look(): Promise<boolean> {
  const answer = await ask("get", "/v1/jobs", {}, { open_max: openShown.value, ended_max: endedShown.value, metrics: 1 });
  learnClock(answer.now_us);
  announce(changes(states, answer.jobs));
  states = new Map(answer.jobs.map((job) => [job.id, job.state]));
  openCount.value = answer.open ?? 0;
  endedCount.value = answer.ended ?? 0;
  jobs.value = answer.jobs;
  return true;
}

export function ListPage() {
  useEffect(() => keepLooking(look, () => undefined), [openShown.value, endedShown.value]);
  useEffect(() => {
    document.title = "Jobs · Drover";
  }, []);
  const all = jobs.value;
  if (!all) return <main aria-busy="true" />;
  const open = underWay(all);
  const over = ended(all);
  if (all.length === 0) return <Nothing />;
  return (
    <main>
      <Heading text="Jobs" />
      <section aria-labelledby="open">
        <h2 id="open">
          Under way <span class="count">{openCount.value}</span>
        </h2>
        {open.length === 0 ? (
          <p class="empty">
            Nothing runs and nothing waits. <Command text="drover job submit job.yml" /> starts a job.
          </p>
        ) : (
          <ul class="jobs">{open.map((job) => <OpenJob key={job.id} job={job} />)}</ul>
        )}
        <More count={openCount.value} shown={open.length} ask={() => (openShown.value += more)} />
      </section>
      <section aria-labelledby="over">
        <h2 id="over">
          Ended <span class="count">{endedCount.value}</span>
        </h2>
        {over.length === 0 ? (
          <p class="empty">None has ended yet.</p>
        ) : (
          <ul class="jobs">{over.map((job) => <EndedJob key={job.id} job={job} />)}</ul>
        )}
        <More count={endedCount.value} shown={over.length} ask={() => (endedShown.value += more)} />
      </section>
    </main>
  );
}

function More({ count, shown, ask }: { count: number; shown: number; ask: () => void }) {
  if (count <= shown) return null;
  return (
    <p>
      <button type="button" onClick={ask}>
        Show more: {shown} of {count}
      </button>
    </p>
  );
}

function Nothing() {
  return (
    <main>
      <Heading text="Jobs" />
      <p class="empty">
        No jobs yet. Write a command-job file, as <code>az ml job create</code> takes it, and type
      </p>
      <p>
        <Command text="drover job submit job.yml" />
      </p>
      <p class="empty">It shows up here by itself.</p>
    </main>
  );
}

const Title = ({ job }: { job: Job }) => (
  <h3>
    <a href={toJob(job.id)}>{title(job)}</a>
  </h3>
);

/** Words between which dots stand; those that are empty are left out. */
const Words = ({ words }: { words: (string | undefined)[] }) => (
  <p class="words">{words.filter((word) => word).map((word) => <span key={word}>{word}</span>)}</p>
);

function OpenJob({ job }: { job: Job }) {
  return (
    <li>
      <div class="line">
        <StateMark state={job.state} />
        <Title job={job} />
        <Span job={job} />
      </div>
      <p class="why">{job.why}</p>
      <Words words={[placeOf(job), job.owner, costOf(job), lastMetrics(job, 3)]} />
    </li>
  );
}

function EndedJob({ job }: { job: Job }) {
  return (
    <li>
      <div class="line">
        <StateMark state={job.state} />
        <Title job={job} />
        <span class="figure">
          <Ago us={job.ended_us} />
        </span>
      </div>
      {job.state !== "completed" && <p class="why">{job.why}</p>}
      <Words words={[`took ${human(seconds(job, 0))}`, placeOf(job), job.owner, costOf(job), lastMetrics(job, 3)]} />
    </li>
  );
}
