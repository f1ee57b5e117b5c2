// Pools that are run live: what each has and carries, why, and a person's word on it.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Chart } from "./chart";
import { ask, Refusal, tell, type Pool } from "./client";
import { figure } from "./format";
import { keepLooking } from "./live";
import { Command, Facts, Heading } from "./parts";
import { change, clockOf, nodesOf, pinNotes, poolChanges, reasonOf, seriesOf, standing, wanted } from "./pools";
import { announce } from "./voice";

const pools = signal<Pool[] | undefined>(undefined);
let counts = new Map<string, number>();

async function look(): Promise<boolean> {
  const answer = await ask("get", "/v1/pools");
  announce(poolChanges(counts, answer.pools));
  counts = new Map(answer.pools.map((pool) => [pool.scaler, pool.asked]));
  pools.value = answer.pools;
  return true;
}

export function PoolsPage() {
  useEffect(() => keepLooking(look, () => undefined), []);
  useEffect(() => {
    document.title = "Pools · Drover";
  }, []);
  const all = pools.value;
  if (!all) return <main aria-busy="true" />;
  return (
    <main>
      <Heading text="Pools" />
      {all.length === 0 ? <Nothing /> : all.map((pool) => <OnePool key={pool.scaler} pool={pool} />)}
    </main>
  );
}

function Nothing() {
  return (
    <>
      <p class="empty">
        No pool is run live yet. Write a scaler with <code>slo:</code> into your estate, and type
      </p>
      <p>
        <Command text="drover scale watch CLUSTER/POOL --background" />
      </p>
      <p class="empty">It observes at first, and says what it would do.</p>
    </>
  );
}

type Word = "pin" | "pause" | "resume";

function OnePool({ pool }: { pool: Pool }) {
  const [asked, setAsked] = useState<Word | undefined>(undefined);
  const id = pool.scaler.replace("/", "-");
  return (
    <section aria-labelledby={id} class="pool">
      <div class="line">
        <span class={"state " + standing(pool)}>{standing(pool)}</span>
        <h2 id={id}>{pool.scaler}</h2>
        <span class="figure">{nodesOf(pool)}</span>
      </div>
      {pool.alerts.map((alert) => (
        <p key={alert} class="alert" role="alert">
          {alert}
        </p>
      ))}
      <p class="why lead">{reasonOf(pool.sentence)}</p>
      {!pool.acts && <p class="words">It only observes: {pool.observes_because}.</p>}
      <Charts pool={pool} />
      <Facts
        pairs={[
          { label: "Floor and ceiling", value: `${pool.floor} to ${pool.ceiling} nodes` },
          { label: "Load", value: pool.load === undefined ? undefined : figure(pool.load) },
          { label: "A boot", value: pool.lead_words.replace(/^a boot /, "") },
          { label: "Last turn", value: `${pool.at.slice(0, 10)} ${pool.at.slice(11, 16)} UTC` },
          { label: "Trial", value: pool.trial && `${pool.trial.won ? "Won" : "Lost"}: ${pool.trial.words}`, isWide: true },
          { label: "Notes", value: pool.notes.join("; "), isWide: true },
        ]}
      />
      <Wishes pool={pool} />
      <Hand pool={pool} say={setAsked} />
      <Decisions pool={pool} />
      {asked && <HandQuestion pool={pool} word={asked} done={() => setAsked(undefined)} />}
    </section>
  );
}

function Charts({ pool }: { pool: Pool }) {
  const shown = [seriesOf(pool, "nodes"), seriesOf(pool, "load")].filter((one) => one.values.length > 1);
  if (shown.length === 0) return null;
  return (
    <div class="charts">
      {shown.map((one) => (
        <Chart key={one.key} series={one} axis="time" />
      ))}
    </div>
  );
}

function Wishes({ pool }: { pool: Pool }) {
  if (pool.wishes.length === 0) return null;
  return (
    <>
      <h3>Who wants how many</h3>
      <ul class="wishes" aria-label={`Wishes for ${pool.scaler}`}>
        {pool.wishes.map((wish) => (
          <li key={wish.source + wish.reason}>
            <span class="who">{wish.source}</span> <span class="figure">{wanted(wish)}</span>
            {wish.reason && <span class="words"> {wish.reason}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

function Hand({ pool, say }: { pool: Pool; say: (word: Word) => void }) {
  if (!pool.is_kept)
    return (
      <p class="words">
        The server does not scale it by itself: <Command text={`drover scale watch --scaler ${pool.scaler} --background`} /> lets it,
        and then it can be pinned from here.
      </p>
    );
  return (
    <div class="buttons">
      <button type="button" onClick={() => say("pin")}>
        Pin…
      </button>
      <button type="button" onClick={() => say("pause")}>
        Pause…
      </button>
      {pool.hand && (
        <button type="button" onClick={() => say("resume")}>
          Resume…
        </button>
      )}
    </div>
  );
}

function Decisions({ pool }: { pool: Pool }) {
  if (pool.decisions.length === 0) return null;
  return (
    <details>
      <summary>Last decisions</summary>
      <ul class="jobs">
        {pool.decisions.map((each) => (
          <li key={each.at}>
            <div class="line">
              <time dateTime={each.at} class="figure">
                {clockOf(each.at, pool.at)}
              </time>
              <h3>{change(each.from, each.to)}</h3>
              {!each.acts && <span class="figure">observed only</span>}
            </div>
            <p class="why">{reasonOf(each.sentence)}</p>
            {each.done.length > 0 && <p class="words">Done: {each.done.join("; ")}</p>}
          </li>
        ))}
      </ul>
    </details>
  );
}

const asks: Record<Word, { title: string; text: string; yes: string }> = {
  pin: { title: "Pin", text: "It keeps this count, whatever its load and schedules say. Floors, ceilings and quotas still hold.", yes: "Pin it" },
  pause: { title: "Pause", text: "Its count stays as it is, whatever its load says.", yes: "Pause it" },
  resume: { title: "Resume", text: "It follows its load again from the next turn on; nodes may come or go at once.", yes: "Resume it" },
};

function HandQuestion({ pool, word, done }: { pool: Pool; word: Word; done: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [count, setCount] = useState(pool.asked);
  const [hours, setHours] = useState(8);
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  useEffect(() => dialog.current?.showModal(), []);
  const send = async () => {
    const base = { scaler: pool.scaler, reason };
    const length = { for_s: hours * 3600 };
    try {
      if (word === "resume") await tell("/v1/pools/hand", { ...base, release: true });
      else if (word === "pause") await tell("/v1/pools/hand", { ...base, ...length, pause: true });
      else await tell("/v1/pools/hand", { ...base, ...length, nodes: count });
      await look();
      done();
    } catch (error) {
      setTrouble(error instanceof Refusal ? error.message : "The server does not answer.");
    }
  };
  const said = asks[word];
  return (
    <dialog ref={dialog} aria-labelledby="question" onCancel={done} onClose={done}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <h2 id="question">
          {said.title} {pool.scaler}
        </h2>
        <p>{said.text}</p>
        {word === "pin" && <NumberField label="Nodes" value={count} least={0} most={1000} set={setCount} />}
        {word === "pin" &&
          pinNotes(pool, count).map((note) => (
            <p key={note} class="alert" role="status">
              {note}
            </p>
          ))}
        {word !== "resume" && <NumberField label="For how many hours" value={hours} least={1} most={720} set={setHours} />}
        {word !== "resume" && (
          <label class="field">
            Why
            <input type="text" value={reason} placeholder="load test" onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
        )}
        {trouble && (
          <p class="alert" role="alert">
            {trouble}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={done}>
            Leave it
          </button>
          <button type="submit" class="chosen">
            {said.yes}
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface NumberProps {
  label: string;
  value: number;
  least: number;
  most: number;
  set: (value: number) => void;
}

const NumberField = ({ label, value, least, most, set }: NumberProps) => (
  <label class="field">
    {label}
    <input type="number" required min={least} max={most} value={value} onInput={(event) => set(event.currentTarget.valueAsNumber)} />
  </label>
);
