export const USUAL_DAYS = 365;
const MOST_DAYS = 3650;
const DAY_MS = 86_400_000;

/** The days that somebody typed; null where it is no whole number that a token may have. */
export function daysOf(typed: string): number | null {
  const days = Number(typed.trim());
  return typed.trim() && Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? days : null;
}

/** When something ends that is good for some days from now on. */
export function untilIn(days: number, now = Date.now()): string {
  return new Date(now + days * DAY_MS).toISOString();
}
