import { useRef } from "preact/hooks";

const WINDOW_MS = 10_000;

/** How fast a count grows: per second, over the last ten seconds in which it was seen; 0 until it was seen twice. */
export function useRate(key: string, value: number): number {
  const seen = useRef<{ key: string; points: [number, number][] }>({ key, points: [] });
  if (seen.current.key !== key) seen.current = { key, points: [] };
  const { points } = seen.current;
  const now = performance.now();
  if (!points.length || points.at(-1)?.[1] !== value) points.push([now, value]);
  while (points.length > 2 && now - (points[0]?.[0] ?? now) > WINDOW_MS) points.shift();
  const [first] = points;
  if (!first || points.length < 2) return 0;
  const seconds = Math.max((now - first[0]) / 1000, 0.5);
  return Math.max(0, Math.round((value - first[1]) / seconds));
}
