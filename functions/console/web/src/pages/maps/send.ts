import { call, callForBytes } from "../../api/call";
import type { AnnotationMap } from "../../api/types";
import { fileNameOf, saveFile } from "../../save";
import { changesOf, type Wanted } from "./changes";

const MAPS = "/v1/organizations/{org}/maps";
const ONE = "/v1/organizations/{org}/maps/{map}";

export function createMap(wanted: Wanted & { name: string; file: string }): Promise<AnnotationMap> {
  return call("post", MAPS, { body: wanted });
}

export async function saveMap(map: AnnotationMap, wanted: Wanted): Promise<AnnotationMap> {
  const body = changesOf(map, wanted);
  if (!Object.keys(body).length) return map;
  return call("patch", ONE, { path: { map: map.name }, body, revision: map.revision });
}

export function readMapRow(name: string, signal?: AbortSignal): Promise<AnnotationMap> {
  return call("get", ONE, { path: { map: name }, ...(signal ? { signal } : {}) });
}

/** The bytes of the file in force, or of a version. */
export function readMapFile(name: string, version = "", signal?: AbortSignal): Promise<Response> {
  const query = version ? { version } : {};
  return callForBytes(`${ONE}/file`, { path: { map: name }, query, ...(signal ? { signal } : {}) });
}

export async function downloadMap(name: string, version = ""): Promise<void> {
  const answer = await readMapFile(name, version);
  saveFile(await answer.blob(), fileNameOf(answer, `${name}.yaml`));
}
