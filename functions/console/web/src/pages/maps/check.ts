import { useEffect, useState } from "preact/hooks";
import { call } from "../../api/call";
import type { MapCheck } from "../../api/types";
import { bytes } from "../../format";
import { me } from "../../session";
import { t } from "../../texts";

/** A map's file that somebody chose. */
export interface MapText {
  name: string;
  text: string;
}

export interface Checked {
  check: MapCheck | null;
  /** Why it could not be checked. */
  problem: unknown;
}

/**
 * Read a file that is meant to be a map.
 *
 * @throws Error in the user's words, when it can't be one.
 */
export async function readMap(file: File): Promise<MapText> {
  const most = me.value?.limits.map_bytes ?? Infinity;
  if (file.size > most) throw new Error(t.maps.tooLarge(bytes(file.size), bytes(most)));
  try {
    // The very bytes are kept: also a mark at the beginning that says how the text is encoded.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    return { name: file.name, text };
  } catch {
    throw new Error(t.maps.notText);
  }
}

/** Have the service look at the text of a map, whenever it is another one. */
export function useMapCheck(text: string | undefined): Checked {
  const [found, setFound] = useState<Checked & { of?: string }>({ check: null, problem: null });
  useEffect(() => {
    if (text === undefined) return;
    const stop = new AbortController();
    call("post", "/v1/organizations/{org}/map-checks", { body: { file: text }, signal: stop.signal }).then(
      (check) => setFound({ check, problem: null, of: text }),
      (problem: unknown) => stop.signal.aborted || setFound({ check: null, problem, of: text }),
    );
    return () => stop.abort();
  }, [text]);
  return found.of === text ? found : { check: null, problem: null };
}

/** A map's name as its file suggests it. */
export function nameOf(file: string): string {
  return file.replace(/\.(ya?ml|json)$/i, "");
}
