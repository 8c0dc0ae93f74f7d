import { useEffect, useState } from "preact/hooks";
import { onePage, pause } from "../../api/call";
import type { LogLine } from "../../api/types";
import { token } from "../../session";

const PAGE = 200;
const MOST = 20_000;
const LIVE_MS = 2000;
const TOLD = 5; // pages between two drawings, after the first

export interface Wanted {
  id: string;
  order: "oldest" | "newest";
  level: "" | "WARNING" | "ERROR";
}

export interface Lines {
  lines: LogLine[];
  /** All of the log is there, as far as it has been written. */
  complete: boolean;
  /** So many are there that the rest waits until it is asked for. */
  stopped: boolean;
  problem: unknown;
  more: () => void;
}

/** The lines of a log, page by page until all are there; of a job at work the new ones, too. */
export function useLines({ id, order, level }: Wanted, working: boolean): Lines {
  const nothing = { lines: [] as LogLine[], complete: false, stopped: false, problem: undefined as unknown };
  const [state, setState] = useState(nothing);
  const [most, setMost] = useState(MOST);

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    setState((old) => (working ? old : nothing));
    void (async () => {
      let lines: LogLine[] = [];
      let cursor = "";
      for (let count = 1; ; count++) {
        const query = { order, limit: PAGE, ...(level ? { level } : {}) };
        const page = await onePage("/v1/annotations/{id}/log", { path: { id }, query, signal }, cursor);
        const loaded = [...lines, ...page.items];
        const ended = page.next === null;
        const stopped = !ended && loaded.length >= most;
        if (ended || stopped || count % TOLD === 1)
          setState({ lines: loaded, complete: ended, stopped, problem: undefined });
        if (stopped || (ended && !working)) return;
        if (ended) {
          await pause(LIVE_MS, signal);
          while (document.hidden) await pause(LIVE_MS, signal);
          // The last page again, with what was added to it; of the newest first that is all.
          if (order === "newest") [lines, cursor] = [[], ""];
          continue;
        }
        lines = loaded;
        cursor = page.next ?? "";
      }
    })().catch((problem: unknown) => {
      if (!signal.aborted && token.value) setState((old) => ({ ...old, problem, complete: true }));
    });
    return () => stop.abort();
  }, [id, order, level, working, most]);

  return { ...state, more: () => setMost((old) => old + MOST) };
}
