// One colour for each class, the same on all pages of a session: on images, in legends, beside names in tables.

/** Far apart from each other for the first dozen; light enough to be seen on dark images, with a dark edge on light ones. */
const FIRST = [
  "#ff8c1a",
  "#36b4ff",
  "#3ddc84",
  "#ff5fa2",
  "#ffd60a",
  "#a78bfa",
  "#00d5c8",
  "#ff6b57",
  "#b4e33d",
  "#e07bff",
  "#7fa8ff",
  "#d9a066",
];
const GOLDEN_TURN = 137.508;
export const LEFT_OUT = "#a9b0ba";

const known = new Map<string, Map<string, number>>();

/** The colour of a class under a map; classes get theirs in the order in which they come up. */
export function colourOf(scope: string, name: string): string {
  let ranks = known.get(scope);
  if (!ranks) known.set(scope, (ranks = new Map()));
  let rank = ranks.get(name);
  if (rank === undefined) ranks.set(name, (rank = ranks.size));
  const first = FIRST[rank];
  return first ?? `oklch(${rank % 2 ? 0.82 : 0.72} 0.17 ${(rank * GOLDEN_TURN) % 360})`;
}

/** What decides which colours belong together: a map's classes are the same in all datasets. */
export function scopeOf(dataset: string, map: string): string {
  return map ? `map ${map}` : `types of ${dataset}`;
}
