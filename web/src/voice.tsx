// What changes without being asked for, said to those who do not see it.
import { signal } from "@preact/signals";

const said = signal("");

/** More at once than this is a number, not a list. */
const sentencesMax = 3;

export function announce(sentences: string[]): void {
  if (sentences.length === 0) return;
  said.value = sentences.length > sentencesMax ? `${sentences.length} jobs changed` : sentences.join(". ");
}

export const Voice = () => (
  <div class="unseen" role="status" aria-live="polite">
    {said.value}
  </div>
);

export const announceState = (title: string, state: string) => announce([`${title}: ${state}`]);
