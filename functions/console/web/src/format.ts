// How numbers, sizes and times are written, by the browser's own words for them.
const LANGUAGE = "en";
const whole = new Intl.NumberFormat(LANGUAGE);
const short = new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "long" });
const since = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
const AGES: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export function number(value: number): string {
  return Number.isInteger(value) ? whole.format(value) : short.format(value);
}

/** "1 image", "2,000 images"; a plural that is not made by an s is given. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  if (value === 1) return "1 byte";
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  return `${short.format(value / 1000 ** power)} ${UNITS[power]}`;
}

/** A moment of the API (ISO 8601) in the reader's time zone; empty where it is empty. */
export function time(iso: string): string {
  return iso ? moment.format(new Date(iso)) : "";
}

export function exactTime(iso: string): string {
  return iso ? exact.format(new Date(iso)) : "";
}

/** "5 minutes ago"; the date where it is longer ago than a week. */
export function ago(iso: string, now = Date.now()): string {
  if (!iso) return "";
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return time(iso);
  const [unit, length] = AGES.find(([, least]) => Math.abs(seconds) >= least) ?? ["second", 1];
  return since.format(Math.round(seconds / length), unit);
}

/** "4 s", "2 min 5 s", "1 h 20 min". */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`;
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`;
}
