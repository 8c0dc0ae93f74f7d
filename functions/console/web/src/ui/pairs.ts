/** Names with values, as pairs while they are typed. */
export type TagPairs = [string, string][];

export function pairsOf(tags: Record<string, string>): TagPairs {
  return Object.entries(tags);
}

/** The tags of the pairs; a pair without a name is none. */
export function tagsOf(pairs: TagPairs): Record<string, string> {
  return Object.fromEntries(
    pairs.map(([name, value]) => [name.trim(), value.trim()] as const).filter(([name]) => name),
  );
}

/** The first name that stands there twice, or nothing. */
export function nameTwice(pairs: TagPairs): string {
  const names = pairs.map(([name]) => name.trim()).filter(Boolean);
  return names.find((name, index) => names.indexOf(name) !== index) ?? "";
}

/** Tags as a text that is the same for the same tags, in whatever order they stand. */
export function written(tags: Record<string, string>): string {
  return JSON.stringify(Object.entries(tags).sort());
}
