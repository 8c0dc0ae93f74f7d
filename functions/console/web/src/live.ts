import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { onePage, pause } from "./api/call";
import type { Options } from "./api/call";
import { ApiProblem } from "./api/problem";
import type { ItemOf, ListPaths } from "./api/shapes";
import { token } from "./session";

type Inputs = readonly unknown[];

const FASTEST_MS = 1000;
const SLOWEST_MS = 15_000;
const SLOWING = 1.4;

export interface Loaded<T> {
  data: T | undefined;
  /** What went wrong with the last try; what was loaded before stays. */
  problem: unknown;
  loading: boolean;
  reload: () => void;
  /** Show something before the service is asked again: what the user has just made. */
  set: (change: (data: T | undefined) => T | undefined) => void;
}

/** Load something once, and again when `inputs` change. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, inputs: Inputs): Loaded<T> {
  return useLive(load, inputs, never);
}

/**
 * Load something again and again while `isOpen` says that it can still change: every second while it does change, slower
 * when it does not, not at all in a hidden tab.
 */
export function useLive<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: Inputs,
  isOpen: (data: T) => boolean = () => true,
): Loaded<T> {
  const [state, setState] = useState<{ data?: T; problem?: unknown; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef({ load, isOpen });
  latest.current = { load, isOpen };
  const before = useRef<Inputs | null>(null);

  useEffect(() => {
    const stop = new AbortController();
    const other = before.current?.some((input, index) => !Object.is(input, inputs[index])) ?? false;
    before.current = inputs;
    setState((old) => (other ? { loading: true } : { ...old, loading: true }));
    void (async () => {
      let wait = FASTEST_MS;
      let last = "";
      while (!stop.signal.aborted) {
        let open = true;
        try {
          const data = await latest.current.load(stop.signal);
          if (stop.signal.aborted) return;
          const written = JSON.stringify(data);
          wait = written === last ? Math.min(wait * SLOWING, SLOWEST_MS) : FASTEST_MS;
          last = written;
          setState({ data, loading: false });
          open = latest.current.isOpen(data);
        } catch (problem) {
          if (stop.signal.aborted || !token.value) return;
          setState((old) => ({ ...old, problem, loading: false }));
          const gone = problem instanceof ApiProblem && problem.status === 404;
          open = !gone && latest.current.isOpen !== never;
          wait = SLOWEST_MS;
        }
        if (!open) return;
        await pause(wait, stop.signal);
        await visible(stop.signal);
      }
    })().catch(() => undefined); // stopped while it waited
    return () => stop.abort();
  }, [...inputs, turn]);

  const reload = useCallback(() => setTurn((count) => count + 1), []);
  const set = useCallback((change: (data: T | undefined) => T | undefined) => {
    setState((old) => ({ ...old, data: change(old.data) }));
  }, []);
  return { data: state.data, problem: state.problem, loading: state.loading, reload, set };
}

const never = () => false;

/** Wait until the tab is looked at. */
function visible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done, broken) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", () => {
      document.removeEventListener("visibilitychange", look);
      broken(signal.reason);
    }, { once: true });
  });
}

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
        const query = { limit: 100, ...(options.query as object) };
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
