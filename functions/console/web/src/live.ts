import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { pause } from "./api/call";
import { ApiProblem } from "./api/problem";
import { token } from "./session";

export type Inputs = readonly unknown[];

const FASTEST_MS = 1000;
const SLOWEST_MS = 5000;
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
        const began = performance.now();
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
        // What takes long is asked for less often.
        await pause(Math.max(wait, 2 * (performance.now() - began)), stop.signal);
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
    signal.addEventListener(
      "abort",
      () => {
        document.removeEventListener("visibilitychange", look);
        broken(signal.reason);
      },
      { once: true },
    );
  });
}

export { type Paged, usePaged } from "./paged";
