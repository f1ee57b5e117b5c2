// One job: how it is and why, what it logs, prints and makes, and how to end or forget it.
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { ask, type JobInFull, type JobMetrics, Refusal, type State } from "./client";
import { announceState } from "./voice";
import { human } from "./format";
import { isOver, placeOf, sentence, title } from "./jobs";
import { keepLooking, learnClock } from "./live";
import { LogView } from "./log_view";
import { Metrics } from "./metrics_view";
import { Outputs } from "./outputs_view";
import { Ago, Command, costOf, Facts, Heading, Question, Span, StateMark, type Pair } from "./parts";

/** A job as it is being looked at. */
class Watched {
  readonly job: Signal<JobInFull | undefined> = signal(undefined);
  readonly metrics: Signal<JobMetrics | undefined> = signal(undefined);
  readonly refusal = signal("");
  readonly isGone = signal(false);
  private seen = "";

  constructor(readonly id: string) {}

  /** False once nothing about it will change any more. */
  look = async (): Promise<boolean> => {
    const job = await ask("get", "/v1/jobs/{id}", { id: this.id });
    learnClock(job.now_us);
    // Histories are long: they are fetched when a last value is another.
    const last = JSON.stringify(job.metrics ?? []);
    if (last !== this.seen && (job.metrics ?? []).length > 0)
      this.metrics.value = await ask("get", "/v1/jobs/{id}/metrics", { id: this.id });
    this.seen = last;
    const before = this.job.value?.state;
    if (before && before !== job.state) announceState(title(job), job.state);
    this.job.value = job;
    document.title = `${title(job)}: ${job.state} · Drover`;
    return !isOver(job.state);
  };

  refused = (why: Refusal): void => {
    if (why.status === 404) this.isGone.value = true;
    else this.refusal.value = why.message;
  };

  /** A request that changes it; what the server refuses is said. */
  async change(request: () => Promise<unknown>): Promise<boolean> {
    this.refusal.value = "";
    try {
      await request();
      return true;
    } catch (error) {
      this.refusal.value = error instanceof Refusal ? error.message : "The server does not answer.";
      return false;
    }
  }
}

export function JobPage({ id }: { id: string }) {
  const watched = useMemo(() => new Watched(id), [id]);
  useEffect(() => keepLooking(watched.look, watched.refused), [watched]);
  const job = watched.job.value;
  if (watched.isGone.value) return <Gone id={id} />;
  if (!job) return <main aria-busy="true" />;
  return (
    <main>
      <Back />
      <div class="heading">
        <Heading text={title(job)} />
        <StateMark state={job.state} />
      </div>
      <p class="why lead">{job.why}</p>
      <Actions watched={watched} job={job} />
      {watched.refusal.value && (
        <p class="refusal" role="alert">
          {watched.refusal.value}
        </p>
      )}
      <Facts pairs={facts(job)} />
      {job.past.length > 0 && <Attempts job={job} />}
      <Metrics metrics={watched.metrics.value} isOver={isOver(job.state)} />
      <LogView id={job.id} size={job.log_bytes} isLive={!isOver(job.state)} changed={() => void watched.look().catch(() => undefined)} />
      <Outputs job={job} />
      <PairsTable name="Parameters" pairs={job.params ?? []} />
      <PairsTable name="Tags" pairs={tagsOf(job)} />
      <section aria-labelledby="command">
        <h2 id="command">Command</h2>
        <pre tabIndex={0} aria-label="Its command">
          {job.spec.command}
        </pre>
      </section>
    </main>
  );
}

const Back = () => (
  <p>
    <a href="#/">← All jobs</a>
  </p>
);

const Gone = ({ id }: { id: string }) => (
  <main>
    <Back />
    <Heading text="No such job" />
    <p class="empty">
      There is no job {id}: it was deleted, or is in another state folder. <Command text="drover job list" /> says which there are.
    </p>
  </main>
);

function facts(job: JobInFull): Pair[] {
  const at = (us: number) => (us ? <Ago us={us} /> : "");
  return [
    { label: spanLabel(job.state), value: <Span job={job} /> },
    { label: "where", value: placeOf(job) },
    { label: "owner", value: job.owner },
    { label: "experiment", value: job.spec.experiment_name },
    { label: "submitted", value: at(job.submitted_us) },
    { label: "ended", value: isOver(job.state) ? at(job.ended_us) : "" },
    { label: "exit code", value: job.exit_code },
    { label: "id", value: <code>{job.id}</code> },
    { label: isOver(job.state) ? "cost, an estimate" : "cost so far, an estimate", value: costInFull(job), isWide: true },
  ];
}

const spanLabel = (state: State) =>
  state === "queued" ? "waiting for" : isOver(state) ? "took" : state === "starting" ? "starting for" : "running for";

/** As the CLI says it: how much, and how that was reckoned or why it is not known. */
function costInFull(job: JobInFull): string {
  if (job.usd === undefined) return job.cost_note;
  return job.usd > 0 ? `${costOf(job)} (${job.cost_note})` : `nothing: ${job.cost_note}`;
}

type Asked = "cancel" | "delete";

/** Its question stays the one that was asked, whatever becomes of the job meanwhile. */
function Actions({ watched, job }: { watched: Watched; job: JobInFull }) {
  const asked = useMemo(() => signal<Asked | undefined>(undefined), []);
  const act = async (isYes: boolean) => {
    const what = asked.value;
    asked.value = undefined; // its dialog closes by itself once it is answered, and tells that as a no
    if (!isYes || !what) return;
    if (what === "cancel") {
      await watched.change(() => ask("post", "/v1/jobs/{id}/cancel", { id: job.id }));
      await watched.look().catch(() => undefined);
    } else if (await watched.change(() => ask("delete", "/v1/jobs/{id}", { id: job.id }))) {
      location.hash = "#/";
    }
  };
  const over = isOver(job.state);
  const words = {
    cancel: {
      title: "Cancel this job?",
      text: `${title(job)} is asked to end, and killed after 30 s if it has not. What it has written is kept.`,
      yes: "Cancel it",
      no: "Let it go on",
    },
    delete: {
      title: "Delete this job?",
      text: `${title(job)} will be forgotten, with its log and its outputs. This cannot be undone.`,
      yes: "Delete it",
      no: "Keep it",
    },
  };
  return (
    <div class="buttons">
      <button type="button" disabled={!over && job.cancel_asked === true} onClick={() => (asked.value = over ? "delete" : "cancel")}>
        {over ? "Delete…" : job.cancel_asked ? "Cancel asked for" : "Cancel…"}
      </button>
      {asked.value && <Question {...words[asked.value]} answer={(isYes) => void act(isYes)} />}
    </div>
  );
}

function Attempts({ job }: { job: JobInFull }) {
  return (
    <section aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      <ol class="attempts">
        {job.past.map((past) => (
          <li key={past.attempt} value={past.attempt}>
            {sentence(past.reason)} (after {human((past.ended_us - past.started_us) / 1e6)}, <Ago us={past.ended_us} />)
          </li>
        ))}
        <li value={job.past.length + 1}>{job.why}</li>
      </ol>
    </section>
  );
}

/** Of its author and of its script; those that MLflow needs for itself are left out. */
function tagsOf(job: JobInFull): { key: string; value: string }[] {
  const own = Object.entries(job.spec.tags ?? {}).map(([key, value]) => ({ key, value }));
  const logged = (job.tags ?? []).filter((tag) => !tag.key.startsWith("mlflow.") && !tag.key.startsWith("drover."));
  return [...own, ...logged.filter((tag) => !own.some((known) => known.key === tag.key))];
}

function PairsTable({ name, pairs }: { name: string; pairs: { key: string; value: string }[] }) {
  if (pairs.length === 0) return null;
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      <table class="pairs">
        <tbody>
          {pairs.map((pair) => (
            <tr key={pair.key}>
              <th scope="row">{pair.key}</th>
              <td>{pair.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
