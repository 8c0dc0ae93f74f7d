import { call } from "../../api/call";
import type { Workspace } from "../../api/types";
import { written } from "../../ui/pairs";
import { type AskedFormat, keyOf } from "./auto";
import { same } from "./moves";

const ONE = "/v1/workspaces/{ws}";
export const ALL_MAPS = "*";
/** As many maps as the service includes by name. */
export const MOST_NAMED = 90;

export interface Wanted {
  description: string;
  tags: Record<string, string>;
}

export function readWorkspace(ws: string, signal?: AbortSignal): Promise<Workspace> {
  return call("get", ONE, { path: { ws }, ...(signal ? { signal } : {}) });
}

export async function saveWorkspace(old: Workspace, wanted: Wanted): Promise<Workspace> {
  const body: Partial<Wanted> = {};
  if (wanted.description !== old.description) body.description = wanted.description;
  if (written(wanted.tags) !== written(old.tags)) body.tags = wanted.tags;
  if (!Object.keys(body).length) return old;
  return call("patch", ONE, { path: { ws: old.name }, body, revision: old.revision });
}

/**
 * Say which maps may be used and which formats are made by themselves; only what differs is sent.
 *
 * @param saved told what stands after each of the two steps, so that a second try goes on from there.
 */
export async function saveResources(
  old: Workspace,
  included: string[],
  formats: AskedFormat[],
  saved: (now: Workspace) => void,
): Promise<void> {
  let now = old;
  if (!same(formats.map(keyOf), old.auto_formats.map(keyOf))) {
    now = await call("patch", ONE, { path: { ws: old.name }, body: { auto_formats: formats }, revision: now.revision });
    saved(now);
  }
  if (!same(included, old.included_maps)) {
    await call("put", `${ONE}/resources`, { path: { ws: old.name }, body: { included }, revision: now.revision });
  }
}
