// A log as a terminal would have left it: what a line wrote over itself is gone, and so are colours.

/** The end of `text`, at most `most` characters of it, from the beginning of a line where there is one. */
export function lastLines(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(-most);
  return end.slice(end.indexOf("\n") + 1);
}

/** Without control sequences (ECMA-48); of progress bars, which return to the beginning of their line, the last state. */
export function settled(text: string): string {
  return text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(/\r+\n/g, "\n")
    .replace(/[^\n]*\r(?=[^\n\r])/g, "");
}
