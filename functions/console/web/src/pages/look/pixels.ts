import { useEffect, useState } from "preact/hooks";
import { callForBytes } from "../../api/call";
import { ApiProblem } from "../../api/problem";

// Pictures need the token, which an <img> can't send: they are fetched, few at a time, the newest wish first, and kept.
const AT_ONCE = 6;
const KEPT = 400;
const WIDTHS = [160, 320, 1024, 2048, 4096] as const;
export type Width = (typeof WIDTHS)[number];

interface Wish {
  key: string;
  ds: string;
  image: string;
  version: string;
  width: Width;
  signal: AbortSignal;
  done: (address: string) => void;
  failed: (problem: unknown) => void;
}

const kept = new Map<string, string>();
const waiting: Wish[] = [];
let busy = 0;

/** The least width that shows so many pixels of the screen; pictures are never larger than their image. */
export function widthFor(pixels: number, image = Infinity): Width {
  const enough = WIDTHS.find((width) => width >= Math.min(pixels, image));
  return enough ?? 4096;
}

function keyOf(ds: string, image: string, version: string, width: Width): string {
  return `${ds}/${version}/${width}/${image}`;
}

/** The largest picture of an image that is here already. */
export function keptPicture(ds: string, image: string, version: string): string | undefined {
  for (const width of [...WIDTHS].reverse()) {
    const found = kept.get(keyOf(ds, image, version, width));
    if (found) return found;
  }
  return undefined;
}

function picture(ds: string, image: string, version: string, width: Width, signal: AbortSignal): Promise<string> {
  const key = keyOf(ds, image, version, width);
  const found = kept.get(key);
  if (found) {
    kept.delete(key); // to the end, as the one used last
    kept.set(key, found);
    return Promise.resolve(found);
  }
  return new Promise((done, failed) => {
    waiting.push({ key, ds, image, version, width, signal, done, failed });
    signal.addEventListener("abort", () => failed(signal.reason), { once: true });
    void work();
  });
}

async function work(): Promise<void> {
  if (busy >= AT_ONCE) return;
  const wish = waiting.pop();
  if (!wish) return;
  if (wish.signal.aborted) return work();
  busy++;
  try {
    const { ds, image, version, width, signal } = wish;
    const path = { ds, image };
    const query = { width: String(width) as `${Width}`, version };
    const answer = await callForBytes("/v1/datasets/{ds}/images/{image}/pixels", {
      path,
      query,
      signal,
      cache: "default",
    });
    const address = URL.createObjectURL(await answer.blob());
    keep(wish.key, address);
    wish.done(address);
  } catch (problem) {
    wish.failed(problem);
  }
  busy--;
  void work();
}

function keep(key: string, address: string): void {
  kept.set(key, address);
  for (const [oldest, old] of kept) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
    URL.revokeObjectURL(old);
  }
}

export interface Shown {
  address: string | undefined;
  problem: ApiProblem | undefined;
}

/** A picture of an image; while it is fetched, a smaller one where there is one. What goes out of sight is not fetched. */
export function usePicture(ds: string, image: string, version: string, width: Width): Shown {
  const key = keyOf(ds, image, version, width);
  const [state, setState] = useState<{ key: string } & Shown>({ key: "", address: undefined, problem: undefined });
  useEffect(() => {
    if (!version) return;
    const stop = new AbortController();
    picture(ds, image, version, width, stop.signal).then(
      (address) => !stop.signal.aborted && setState({ key, address, problem: undefined }),
      (problem) =>
        !stop.signal.aborted &&
        setState({ key, address: undefined, problem: problem instanceof ApiProblem ? problem : undefined }),
    );
    return () => stop.abort();
  }, [key]);
  if (state.key === key) return state;
  return { address: kept.get(key) ?? keptPicture(ds, image, version), problem: undefined };
}

const AHEAD: Width = 1024;

/** Fetch the pictures of images that may be wanted next, once those that are wanted now are there. */
export function useAhead(ds: string, images: (string | undefined)[], version: string, ready: boolean): void {
  useEffect(() => {
    if (!version || !ready) return;
    const stop = new AbortController();
    for (const image of [...images].reverse()) {
      if (image !== undefined) picture(ds, image, version, AHEAD, stop.signal).catch(() => undefined); // said when it is looked at
    }
    return () => stop.abort();
  }, [ds, version, ready, ...images]);
}
