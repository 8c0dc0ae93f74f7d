import type { AnnotationMap } from "../../api/types";
import { written } from "../../ui/pairs";

export interface Wanted {
  description: string;
  tags: Record<string, string>;
  file?: string;
}

/** What differs from the map as it was when its form was opened: what somebody else changed beside it stays. */
export function changesOf(map: Pick<AnnotationMap, "description" | "tags">, wanted: Wanted): Partial<Wanted> {
  const changes: Partial<Wanted> = {};
  if (wanted.description !== map.description) changes.description = wanted.description;
  if (written(wanted.tags) !== written(map.tags)) changes.tags = wanted.tags;
  if (wanted.file !== undefined) changes.file = wanted.file;
  return changes;
}
