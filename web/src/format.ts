// How people read durations, money, sizes and numbers; the same words as the CLI has (src/base/time.cpp, money.cpp).

const two = (n: number) => String(n).padStart(2, "0");

/** "0.4 s", "18.0 s", "2:41", "1:02:41", "3 d 04:10" of a number of seconds. */
export function human(seconds: number): string {
  if (seconds < 0) return "-" + human(-seconds);
  if (seconds < 59.95) return seconds.toFixed(1) + " s";
  return clock(Math.round(seconds));
}

/** The same of what still goes on: whole seconds, since tenths would only flicker. */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? whole + " s" : clock(whole);
}

function clock(whole: number): string {
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  if (whole < 3600) return `${minutes}:${two(whole % 60)}`;
  if (whole < 86400) return `${hours}:${two(minutes)}:${two(whole % 60)}`;
  return `${Math.floor(whole / 86400)} d ${two(hours % 24)}:${two(minutes)}`;
}

/** "0.10 USD", "0.002 USD" below a cent, "1,234 USD" from a thousand on. */
export function money(dollars: number): string {
  const size = Math.abs(dollars);
  if (size >= 1000) return Math.round(dollars).toLocaleString("en-US") + " USD";
  if (size === 0 || size >= 0.01) return dollars.toFixed(2) + " USD";
  return dollars.toFixed(size >= 0.001 ? 3 : 4) + " USD";
}

/** "0 bytes", "1.2 kB", "34 MB". */
export function bytes(count: number): string {
  if (count < 1000) return count + (count === 1 ? " byte" : " bytes");
  let value = count;
  for (const unit of ["kB", "MB", "GB"]) {
    value /= 1000;
    if (value < 999.5) return (value < 9.95 ? value.toFixed(1) : Math.round(value)) + " " + unit;
  }
  return (value / 1000).toFixed(1) + " TB";
}

/** Four significant digits, without an exponent where a person can do without. */
export function figure(value: number | string): string {
  if (typeof value === "string") return value; // NaN, Infinity: as MLflow writes them
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}

/** "just now", "5 min ago", "3 h ago", and from two days on the day itself. */
export function ago(seconds: number, at: Date): string {
  if (seconds < 10) return "just now";
  if (seconds < 60) return Math.floor(seconds) + " s ago";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h ago";
  return at.toISOString().slice(0, 10);
}
