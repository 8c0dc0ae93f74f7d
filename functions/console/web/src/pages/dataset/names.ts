import type { Annotation } from "../../api/types";
import { t } from "../../texts";

/** What people call an annotation: "COCO with road-classes". */
export function nameOf(one: Annotation): string {
  return t.dataset.nameOf(one.format, one.map);
}

export function isOpen(one: Annotation): boolean {
  return one.status === "queued" || one.status === "running";
}
