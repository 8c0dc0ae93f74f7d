/** The two columns between which maps move. */
export type Side = "available" | "included";

export function other(side: Side): Side {
  return side === "available" ? "included" : "available";
}

/** Names that begin or go on with what is typed, whatever their case. */
export function fitting(names: readonly string[], typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  return wanted ? names.filter((name) => name.toLowerCase().includes(wanted)) : [...names];
}

/** What is included after some names went to a side; the rest keeps its order. */
export function moved(included: readonly string[], names: readonly string[], to: Side): string[] {
  const without = included.filter((name) => !names.includes(name));
  return to === "included" ? [...without, ...names] : without;
}

/**
 * Where the focus goes when a name leaves its column: to the one that takes its place, else to the last one.
 *
 * @returns the name, or nothing when the column is empty then.
 */
export function nextFocus(column: readonly string[], leaving: string): string | undefined {
  const at = column.indexOf(leaving);
  return column[at + 1] ?? column[at - 1];
}

/** Where an arrow key leads from a place in a column; nothing for other keys. */
export function stepIn(column: readonly string[], from: number, key: string): string | undefined {
  const steps: Record<string, number> = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: column.length - 1 };
  const to = steps[key];
  return to === undefined ? undefined : column[Math.max(0, Math.min(to, column.length - 1))];
}

/** Whether two lists hold the same names, in whatever order. */
export function same(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && new Set([...some, ...others]).size === some.length;
}
