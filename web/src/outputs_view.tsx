// What a job has made, to be taken away.
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { fetchOutput, type JobInFull, Refusal } from "./client";
import { bytes } from "./format";
import { isOver } from "./jobs";

const shownMax = 200;

/** Hands what was fetched to the browser, as a file of that name. */
function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function Outputs({ job }: { job: JobInFull }) {
  const told = useMemo(() => signal(""), []);
  if (job.outputs.length === 0 && !isOver(job.state)) return null;
  const fetchOne = async (path: string, size: number) => {
    try {
      told.value = `Fetching ${path}…`;
      const blob = await fetchOutput(job.id, path, size, (come) => (told.value = `${path}: ${bytes(come)} of ${bytes(size)}`));
      save(blob, path.split("/").at(-1) ?? "output");
      told.value = `${path}: fetched, ${bytes(blob.size)}`;
    } catch (error) {
      told.value = `${path}: ${error instanceof Refusal ? error.message : "the server does not answer"}`;
    }
  };
  return (
    <section aria-labelledby="outputs">
      <h2 id="outputs">Outputs</h2>
      {job.outputs.length === 0 && <p class="empty">It wrote none.</p>}
      {job.outputs.length > 0 && (
        <ul class="files">
          {job.outputs.slice(0, shownMax).map((file) => (
            <li key={file.path}>
              <span class="path">{file.path}</span>
              <span class="figure">{bytes(file.bytes)}</span>
              <button type="button" aria-label={`Download ${file.path}`} onClick={() => void fetchOne(file.path, file.bytes)}>
                Download
              </button>
            </li>
          ))}
        </ul>
      )}
      {job.outputs.length > 0 && (
        <p class="empty" role="status">
          {told.value ||
            (job.outputs.length > shownMax
              ? `${job.outputs.length - shownMax} more; all of them: drover job download ${job.id} --out FOLDER`
              : `All of them: drover job download ${job.id} --out FOLDER`)}
        </p>
      )}
    </section>
  );
}
