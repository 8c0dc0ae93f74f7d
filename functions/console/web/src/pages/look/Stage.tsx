import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Labels } from "../../api/types";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Names } from "./Names";
import { fitting, type Frame, within } from "./frame";
import { useGestures } from "./gestures";
import { usePicture, widthFor } from "./pixels";
import { Shapes } from "./Shapes";
import type { Shown } from "./shown";

const PIXELATED_FROM = 3;

interface Props {
  ds: string;
  image: string;
  version: string;
  labels: Labels | undefined;
  shown: Shown;
  hidden: ReadonlySet<number>;
  scope: string;
  lit: number | null;
  light: (id: number | null) => void;
}

/** An image and its labels, to be zoomed and moved by mouse, touch and keys. */
export function Stage({ ds, image, version, labels, shown, hidden, scope, lit, light }: Props) {
  const box = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [chosen, choose] = useState<Frame | null>(null); // null: all of the image is in sight
  useLayoutEffect(() => {
    const measure = () => box.current && setSize({ width: box.current.clientWidth, height: box.current.clientHeight });
    measure();
    const watch = new ResizeObserver(measure);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => choose(null), [image]);

  const [zoomedTo, setZoomedTo] = useState(0);
  const side = labels ? Math.max(labels.width, labels.height) : Infinity;
  const picture = usePicture(ds, image, version, widthFor(Math.max(zoomedTo, 320), side));
  const natural = useNaturalSize(labels ? undefined : picture.address);
  const width = labels?.width ?? natural?.width ?? 0;
  const height = labels?.height ?? natural?.height ?? 0;
  const fit = fitting(width, height, size);
  const frame = chosen ?? fit;
  useEffect(() => {
    const needed = frame.scale * Math.max(width, height) * devicePixelRatio;
    if (needed > zoomedTo) setZoomedTo(needed); // never back to a smaller one
  }, [frame.scale, width, height]);

  const gestures = useGestures(box, frame, (next) => choose(within(next, fit, width, height, size)));
  const zoom = (factor: number) => gestures.zoom(factor, size.width / 2, size.height / 2);
  const press = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 60 : 0;
    const act: Record<string, () => void> = {
      "+": () => zoom(1.4),
      "=": () => zoom(1.4),
      "-": () => zoom(1 / 1.4),
      "0": () => choose(null),
      ...(step && {
        ArrowLeft: () => gestures.move(step, 0),
        ArrowRight: () => gestures.move(-step, 0),
        ArrowUp: () => gestures.move(0, step),
        ArrowDown: () => gestures.move(0, -step),
      }),
    };
    if (!act[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act[event.key]?.();
  };
  const over = (event: PointerEvent) => {
    const id =
      event.target instanceof Element
        ? event.target.closest<SVGElement>("[data-object]")?.dataset["object"]
        : undefined;
    light(id === undefined ? null : Number(id));
  };

  const objects = labels?.objects ?? [];
  const shapes = useMemo(
    () => <Shapes objects={objects} parts={shown.parts} hidden={hidden} scope={scope} />,
    [objects, shown.parts, hidden, scope],
  );
  const litShape = useMemo(
    () =>
      lit !== null && (
        <Shapes
          objects={objects.filter((object) => object.id === lit)}
          parts={{ ...shown.parts, boxes: true, contours: true, fills: true }}
          hidden={NONE}
          scope={scope}
          lit
        />
      ),
    [objects, lit, shown.parts, scope],
  );
  const pixelated = frame.scale >= PIXELATED_FROM ? "pixelated" : "";
  return (
    <div class="stage">
      <svg
        ref={box}
        class={`stage-view ${gestures.dragging ? "dragging" : ""}`}
        tabIndex={0}
        role="group"
        aria-label={t.look.stage}
        onKeyDown={press}
        onPointerOver={over}
        onPointerLeave={() => light(null)}
        onDblClick={(event) => gestures.zoom(2, event.offsetX, event.offsetY)}
        {...gestures.handlers}
      >
        <g transform={`translate(${frame.x} ${frame.y}) scale(${frame.scale})`}>
          <rect class="stage-ground" width={width} height={height} />
          {picture.address && (
            <image class={pixelated} href={picture.address} width={width} height={height} preserveAspectRatio="none" />
          )}
          <g class={lit === null ? "" : "dimmed"}>{shapes}</g>
          {litShape}
        </g>
        <Names
          objects={objects}
          frame={frame}
          size={size}
          hidden={hidden}
          scope={scope}
          lit={lit}
          all={shown.parts.names}
        />
      </svg>
      {picture.problem && (
        <p class="stage-note" role="alert">
          {picture.problem.detail}
        </p>
      )}
      {!picture.problem && !picture.address && <p class="stage-note quiet">{t.look.loadingPixels}</p>}
      <div class="stage-tools" role="group" aria-label={t.look.zoom(Math.round(frame.scale * 100))}>
        <Button kind="quiet" label={t.look.zoomOut} onPress={() => zoom(1 / 1.4)}>
          <span aria-hidden>−</span>
        </Button>
        <Button
          kind="quiet"
          class="stage-fit"
          aria-label={t.look.fitLabel}
          title={t.look.fitLabel}
          onPress={() => choose(null)}
        >
          {width ? t.look.zoom(Math.round(frame.scale * 100)) : t.look.fit}
        </Button>
        <Button kind="quiet" label={t.look.zoomIn} onPress={() => zoom(1.4)}>
          <span aria-hidden>+</span>
        </Button>
      </div>
    </div>
  );
}

const NONE: ReadonlySet<number> = new Set();

function useNaturalSize(address: string | undefined): { width: number; height: number } | undefined {
  const [found, setFound] = useState<{ width: number; height: number }>();
  useEffect(() => {
    if (!address) return;
    const image = new Image();
    image.onload = () => setFound({ width: image.naturalWidth, height: image.naturalHeight });
    image.src = address;
  }, [address]);
  return address ? found : undefined;
}
