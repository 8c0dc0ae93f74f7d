import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { onePage } from "./api/call";
import type { Options } from "./api/call";
import type { ItemOf, ListPaths } from "./api/shapes";
import type { Inputs } from "./live";
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
