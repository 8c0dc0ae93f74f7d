import { useCallback, useRef, useState } from "preact/hooks";
import { onePage } from "./api/call";
import { ApiProblem } from "./api/problem";
import type { Options } from "./api/call";
import type { ItemOf, ListPaths } from "./api/shapes";
import { type Inputs, useLive } from "./live";
import type { Paged } from "./paged";

const PAGE = 100;
const MOST_AGAIN = 6;

interface Follow<T> {
  id: (item: T) => string;
  /** Whether it can still change by itself. */
  isOpen: (item: T) => boolean;
  /** Load one item again. */
  again: (item: T, signal: AbortSignal) => Promise<T>;
}

export interface Fresh<T> extends Paged<T> {
  /** Show what the user has just made, changed or taken away, before the service is asked. */
  set: (change: (items: T[]) => T[]) => void;
}

interface Held<T> {
  key: string;
  items: T[];
  next: string | null;
  /** What is compared to find out whether anything changes: not all that was ever loaded. */
  toJSON: () => unknown;
}

/**
 * A list of any length that stays fresh: its first page is loaded again and again, and behind it the items that are
 * open. Where nothing changes it is done seldom.
 */
export function useFresh<P extends ListPaths>(
  path: P,
  options: Options<P, "get">,
  inputs: Inputs,
  follow: Follow<ItemOf<P>>,
): Fresh<ItemOf<P>> {
  type Item = ItemOf<P>;
  const key = JSON.stringify([path, ...inputs]);
  const held = useRef<Held<Item> | null>(null);
  const turn = useRef(0);
  const busy = useRef(false);
  const [problem, setProblem] = useState<unknown>();
  const page = (cursor: string, signal?: AbortSignal): Promise<{ items: Item[]; next: string | null }> => {
    const query = { limit: PAGE, ...(options.query as object) };
    return onePage(path, { ...options, query, signal } as Options<P, "get">, cursor);
  };
  const hold = (items: Item[], next: string | null, seen: unknown): Held<Item> => {
    held.current = { key, items, next, toJSON: () => seen };
    return held.current;
  };
  // What was loaded behind the first page; nothing where the two have nothing in common any more.
  const behindOf = (before: Held<Item> | null, inHead: Set<string>): Item[] => {
    const last = before?.key === key ? before.items.findLastIndex((item) => inHead.has(follow.id(item))) : -1;
    return before && last >= 0 ? before.items.slice(last + 1) : [];
  };

  const live = useLive(
    async (signal) => {
      const head = await page("", signal);
      const inHead = new Set(head.items.map(follow.id));
      const open = head.next === null ? [] : behindOf(held.current, inHead).filter(follow.isOpen);
      // All of them get their turn where there are many.
      turn.current = turn.current + MOST_AGAIN < open.length ? turn.current + MOST_AGAIN : 0;
      const asked = open.slice(turn.current, turn.current + MOST_AGAIN);
      const found = new Map(
        await Promise.all(asked.map(async (item) => [follow.id(item), await lookAgain(follow, item, signal)] as const)),
      );
      const seen = [head.items, [...found.values()]];
      const before = held.current;
      const behind = head.next === null ? [] : behindOf(before, inHead);
      if (!before || !behind.length) return hold(head.items, head.next, seen);
      const newer = behind
        .map((item) => (found.has(follow.id(item)) ? found.get(follow.id(item)) : item))
        .filter((item) => item != null);
      return hold([...head.items, ...newer], before.next, seen);
    },
    [path, ...inputs],
  );

  const change = (items: Item[], next: string | null) => {
    const changed = hold(items, next, null);
    live.set(() => changed);
  };
  const more = useCallback(async () => {
    const before = held.current;
    if (busy.current || !before?.next || before.key !== key) return;
    busy.current = true;
    try {
      const following = await page(before.next);
      const now: Held<Item> | null = held.current;
      // Where another page came meanwhile it is asked for again.
      if (now?.key === key && now.next === before.next) change([...now.items, ...following.items], following.next);
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
    busy.current = false;
  }, [key]);
  const set = useCallback(
    (with_: (items: Item[]) => Item[]) => {
      const now = held.current;
      if (now?.key === key) change(with_(now.items), now.next);
    },
    [key],
  );

  const data = live.data?.key === key ? live.data : undefined;
  return {
    items: data?.items ?? [],
    complete: data?.next === null,
    loading: !data && !live.problem,
    problem: problem ?? live.problem,
    more,
    reload: live.reload,
    set,
  };
}

/** An item as it is now; null where it is gone. */
async function lookAgain<T>(follow: Follow<T>, item: T, signal: AbortSignal): Promise<T | null> {
  try {
    return await follow.again(item, signal);
  } catch (problem) {
    if (problem instanceof ApiProblem && problem.status === 404) return null;
    throw problem;
  }
}
