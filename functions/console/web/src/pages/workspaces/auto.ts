import type { NewWorkspace, Workspace } from "../../api/types";
import { said } from "../dataset/options";

/** A format that is made by itself, as the service tells it: its id, or with options. */
export type AutoFormat = Workspace["auto_formats"][number];
export type AskedFormat = NonNullable<NewWorkspace["auto_formats"]>[number];

export function formatOf(one: AutoFormat | AskedFormat): string {
  return typeof one === "string" ? one : one.format;
}

export function optionsIn(one: AutoFormat | AskedFormat): Record<string, unknown> {
  return typeof one === "string" ? {} : (one.options ?? {});
}

/** "COCO (split train=0.8,val=0.2)". */
export function autoText(one: AutoFormat | AskedFormat): string {
  const options = said(optionsIn(one));
  return options ? `${formatOf(one)} (${options})` : formatOf(one);
}

/** A format as it is sent: its id alone where there are no options. */
export function autoFormat(id: string, options: Record<string, unknown>): AskedFormat {
  return (Object.keys(options).length ? { format: id, options } : id) as AskedFormat;
}

/** What tells formats with options apart, in whatever order the options stand. */
export function keyOf(one: AutoFormat | AskedFormat): string {
  return JSON.stringify([formatOf(one), Object.entries(optionsIn(one)).sort()]);
}
