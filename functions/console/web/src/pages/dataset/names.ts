import type { Annotation } from "../../api/types";
import { t } from "../../texts";
import { said } from "./options";

/** What people call an annotation: "COCO with road-classes". */
export function nameOf(one: Annotation): string {
  return t.dataset.nameOf(one.format, one.map, said(one.options));
}

export function isOpen(one: Annotation): boolean {
  return one.status === "queued" || one.status === "running";
}
