import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call } from "../../api/call";
import type { ImageItem } from "../../api/types";
import { token } from "../../session";

const PAGE = 100;

export interface Images {
  /** How many there are; undefined until it is known. */
  total: number | undefined;
  version: string;
  at: (rank: number) => ImageItem | undefined;
  /** See to it that the images of some ranks are loaded. */
  need: (first: number, last: number) => void;
  problem: unknown;
  reload: () => void;
}

/** The images of a dataset by their rank: any page of the list can be asked for, so that one can scroll anywhere. */
export function useImages(ds: string, begins: string): Images {
  const [total, setTotal] = useState<number | undefined>();
  const [version, setVersion] = useState("");
  const [problem, setProblem] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const pages = useRef(new Map<number, ImageItem[] | null>());
  const stop = useRef(new AbortController());

  const load = useCallback(
    async (page: number) => {
      if (pages.current.has(page)) return;
      const [mine, signal] = [pages.current, stop.current.signal];
      mine.set(page, null);
      try {
        const query = { offset: page * PAGE, limit: PAGE, name: begins };
        const found = await call("get", "/v1/datasets/{ds}/images", { path: { ds }, query, signal });
        mine.set(page, found.items);
        setTotal(found.total);
        setVersion(found.version);
        setTurn((count) => count + 1);
      } catch (error) {
        mine.delete(page);
        if (!signal.aborted && token.value) setProblem(error);
      }
    },
    [ds, begins],
  );

  const start = useCallback(() => {
    stop.current.abort();
    stop.current = new AbortController();
    pages.current = new Map();
    setProblem(undefined);
    void load(0);
  }, [load]);
  useEffect(() => {
    setTotal(undefined);
    start();
    return () => stop.current.abort();
  }, [start]);

  const at = useCallback((rank: number) => pages.current.get(Math.floor(rank / PAGE))?.[rank % PAGE], [turn]);
  const need = useCallback(
    (first: number, last: number) => {
      for (let page = Math.floor(Math.max(0, first) / PAGE); page <= Math.floor(Math.max(0, last) / PAGE); page++)
        void load(page);
    },
    [load],
  );
  return { total, version, at, need, problem, reload: start };
}
