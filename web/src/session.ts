// Who this tab is to the server: the token that came in its address, kept until the tab is closed; and whether the
// server takes it and answers.
import { signal } from "@preact/signals";
import { arrival, place, type Place } from "./address";

const key = "drover-token";

export const token = signal(sessionStorage.getItem(key) ?? "");
/** The server knows no such token. */
export const isRefused = signal(false);
/** Why the server cannot be reached just now; "" when it can. */
export const trouble = signal("");
/** Somebody has gone from one view to another. */
export const hasMoved = signal(false);
export const here = signal<Place>({ kind: "list" });

/** Reads the address; a token in it is kept, and taken out of the address bar and the history at once. */
export function arrive(): void {
  const come = arrival(location.hash);
  if (come) {
    sessionStorage.setItem(key, come.token);
    token.value = come.token;
    isRefused.value = false;
    history.replaceState(null, "", "/" + come.onward);
  }
  here.value = place(location.hash);
}
