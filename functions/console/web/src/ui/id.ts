import { useState } from "preact/hooks";

let made = 0;

/** An id for a pair of elements that name each other. */
export function useName(kind: string): string {
  const [id] = useState(() => `${kind}-${++made}`);
  return id;
}
