import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { onePage } from "./api/call";
import type { Options } from "./api/call";
import type { ItemOf, ListPaths } from "./api/shapes";
import { type Inputs, type Loaded, useLive } from "./live";
import { token } from "./session";

const PAGE = 200; // the most that the API answers with

export interface Paged<T> {
  items: T[];
  /** Whether the last page is there. */
  complete: boolean;
  loading: boolean;
  problem: unknown;
  /** Load the next page; does nothing while one is on its way. */
  more: () => void;
  reload: () => void;
}

/** A long list, page by page: the first at once, each other when `more` is called. */
export function usePaged<P extends ListPaths>(path: P, options: Options<P, "get">, inputs: Inputs): Paged<ItemOf<P>> {
  type Item = ItemOf<P>;
  const nothing = { items: [] as Item[], complete: false, loading: true, problem: undefined as unknown };
  const [state, setState] = useState(nothing);
  const [turn, setTurn] = useState(0);
  const source = useRef<{ next: string | null; busy: boolean; stop: AbortController } | null>(null);

  const more = useCallback(async () => {
    const from = source.current;
    if (!from || from.busy || from.next === null) return;
    from.busy = true;
    setState((old) => ({ ...old, loading: true, problem: undefined }));
    try {
      let items: Item[] = [];
      // A page may be empty and not the last one: a filter took all of it.
      while (!items.length && from.next !== null) {
        const query = { limit: PAGE, ...(options.query as object) };
        const asked = { ...options, query, signal: from.stop.signal } as Options<P, "get">;
        const page: { items: Item[]; next: string | null } = await onePage(path, asked, from.next);
        [items, from.next] = [page.items, page.next];
      }
      setState((old) => ({ ...old, loading: false, complete: from.next === null, items: [...old.items, ...items] }));
    } catch (problem) {
      if (!from.stop.signal.aborted && token.value) setState((old) => ({ ...old, loading: false, problem }));
    }
    from.busy = false;
  }, [path, ...inputs]);

  useEffect(() => {
    const stop = new AbortController();
    source.current = { next: "", busy: false, stop };
    setState(nothing);
    void more();
    return () => stop.abort();
  }, [path, ...inputs, turn]);

  return { ...state, more, reload: useCallback(() => setTurn((count) => count + 1), []) };
}

interface Pages<T> {
  items: T[];
  next: string | null;
}

export interface LivePaged<T> extends Paged<T> {
  set: (change: (items: T[]) => T[]) => void;
}

/** A long list whose items change: the pages that were loaded are asked for again while `isOpen` says so. */
export function useLivePaged<P extends ListPaths>(
  path: P,
  options: Options<P, "get">,
  inputs: Inputs,
  isOpen: (items: ItemOf<P>[]) => boolean = () => true,
): LivePaged<ItemOf<P>> {
  const many = useRef(1);
  const [problem, setProblem] = useState<unknown>();
  const page = (cursor: string, signal?: AbortSignal): Promise<Pages<ItemOf<P>>> => {
    const query = { limit: PAGE, ...(options.query as object) };
    return onePage(path, { ...options, query, signal } as Options<P, "get">, cursor);
  };
  const live: Loaded<Pages<ItemOf<P>>> = useLive(
    async (signal) => {
      let loaded = await page("", signal);
      for (let count = 1; count < many.current && loaded.next !== null; count++) {
        const following = await page(loaded.next, signal);
        loaded = { items: [...loaded.items, ...following.items], next: following.next };
      }
      return loaded;
    },
    [path, ...inputs],
    (loaded) => isOpen(loaded.items),
  );
  const latest = useRef(live.data);
  latest.current = live.data;
  const busy = useRef(false);

  const more = useCallback(async () => {
    const before = latest.current;
    if (busy.current || !before?.next) return;
    busy.current = true;
    try {
      const following = await page(before.next);
      many.current++;
      live.set((now) => (now === before ? { items: [...now.items, ...following.items], next: following.next } : now));
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
    busy.current = false;
  }, [path, ...inputs]);
  const set = useCallback((change: (items: ItemOf<P>[]) => ItemOf<P>[]) => {
    live.set((now) => now && { ...now, items: change(now.items) });
  }, []);

  return {
    items: live.data?.items ?? [],
    complete: live.data?.next === null,
    loading: !live.data && !live.problem,
    problem: problem ?? live.problem,
    more,
    reload: live.reload,
    set,
  };
}
