import type { RefObject, TargetedPointerEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Frame } from "./frame";

const MOST = 40; // screen pixels an image pixel
const WHEEL = 0.0018;

type At = { x: number; y: number };

/** Drag moves, wheel and two fingers zoom. */
export function useGestures(box: RefObject<SVGSVGElement | null>, frame: Frame, change: (frame: Frame) => void) {
  const now = useRef(frame);
  now.current = frame;
  const fingers = useRef(new Map<number, At>());
  const [dragging, setDragging] = useState(false);

  const zoom = (factor: number, x: number, y: number) => {
    const old = now.current;
    const scale = Math.min(MOST, old.scale * factor);
    const by = scale / old.scale;
    now.current = { scale, x: x - (x - old.x) * by, y: y - (y - old.y) * by };
    change(now.current);
  };
  const move = (x: number, y: number) => {
    now.current = { ...now.current, x: now.current.x + x, y: now.current.y + y };
    change(now.current);
  };

  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    // By hand, since a handler of the framework may not keep the page from scrolling.
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      latest.current(Math.exp(-event.deltaY * lines * WHEEL * (event.ctrlKey ? 4 : 1)), event.offsetX, event.offsetY);
    };
    const shown = box.current;
    shown?.addEventListener("wheel", turn as (event: Event) => void, { passive: false });
    return () => shown?.removeEventListener("wheel", turn as (event: Event) => void);
  }, []);

  const place = (event: TargetedPointerEvent<SVGSVGElement>): At => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const handlers = {
    onPointerDown: (event: TargetedPointerEvent<SVGSVGElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      fingers.current.set(event.pointerId, place(event));
      setDragging(true);
    },
    onPointerMove: (event: TargetedPointerEvent<SVGSVGElement>) => {
      const before = fingers.current.get(event.pointerId);
      if (!before) return;
      const at = place(event);
      const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const factor = distance(at, other) / Math.max(1, distance(before, other));
        zoom(factor, (at.x + other.x) / 2, (at.y + other.y) / 2);
        move((at.x - before.x) / 2, (at.y - before.y) / 2);
      } else {
        move(at.x - before.x, at.y - before.y);
      }
      fingers.current.set(event.pointerId, at);
    },
    onPointerUp: (event: TargetedPointerEvent<SVGSVGElement>) => {
      fingers.current.delete(event.pointerId);
      if (!fingers.current.size) setDragging(false);
    },
    onPointerCancel: (event: TargetedPointerEvent<SVGSVGElement>) => {
      fingers.current.delete(event.pointerId);
      if (!fingers.current.size) setDragging(false);
    },
  };
  return { zoom, move, handlers, dragging };
}

function distance(a: At, b: At): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
