import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ImageItem } from "../../api/types";
import { number } from "../../format";
import { href, Link, navigate } from "../../router";
import { t } from "../../texts";
import { Icon } from "../../ui/Icon";
import type { Images } from "./images";
import { usePicture, widthFor } from "./pixels";

const CELL_PX = 190; // at least this wide
const GAP_PX = 10;
const CAPTION_PX = 30;
const AROUND = 2; // rows drawn above and below what is in sight
const MAX_HEIGHT_PX = 8_000_000; // browsers draw no page that is much higher
const seen = new Map<string, number>(); // where a list was scrolled to, to come back from an image

interface Props {
  ds: string;
  images: Images;
  /** What follows the address of an image. */
  query: string;
  scope: string;
}

/** Thumbnails of any number of images: only those in sight are in the page. Arrow keys move among them. */
export function Grid({ ds, images, query, scope }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: seen.get(scope) ?? 0, height: 800, width: 1000 });
  const wanted = useRef<number | null>(null);
  const total = images.total ?? 0;

  const columns = Math.max(2, Math.floor((sight.width + GAP_PX) / (CELL_PX + GAP_PX)));
  const cell = (sight.width - GAP_PX * (columns - 1)) / columns;
  const rowHeight = Math.round(cell * 0.75) + CAPTION_PX + GAP_PX;
  const rows = Math.ceil(total / columns);
  const whole = rows * rowHeight;
  const height = Math.min(whole, MAX_HEIGHT_PX);
  // A list that is higher than browsers allow is scrolled in larger steps.
  const stretch = whole > height ? (whole - sight.height) / (height - sight.height) : 1;
  const top = sight.top * stretch;
  const first = Math.max(0, Math.floor(top / rowHeight) - AROUND);
  const last = Math.min(rows, Math.ceil((top + sight.height) / rowHeight) + AROUND);

  const look = () => {
    const shown = box.current;
    if (!shown) return;
    const style = getComputedStyle(shown);
    const width = shown.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    seen.set(scope, shown.scrollTop);
    setSight({ top: shown.scrollTop, height: shown.clientHeight, width });
  };
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = seen.get(scope) ?? 0;
    look();
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [scope, total === 0]);
  useEffect(() => images.need(first * columns, last * columns), [first, last, columns, images.need]);
  useEffect(() => {
    const cellOf =
      wanted.current !== null && box.current?.querySelector<HTMLElement>(`[data-rank="${wanted.current}"]`);
    if (!cellOf) return;
    wanted.current = null;
    cellOf.focus({ preventScroll: true });
  });

  const move = (event: KeyboardEvent) => {
    const now = event.target instanceof HTMLElement ? event.target.dataset["rank"] : undefined;
    if (now === undefined || !box.current || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(sight.height / rowHeight)) * columns;
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      PageDown: page,
      PageUp: -page,
      Home: -total,
      End: total,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const rank = Math.max(0, Math.min(total - 1, Number(now) + step));
    wanted.current = rank;
    const at = Math.floor(rank / columns) * rowHeight;
    if (at < top) box.current.scrollTop = at / stretch;
    else if (at + rowHeight > top + sight.height) box.current.scrollTop = (at + rowHeight - sight.height) / stretch;
    look();
  };

  const cells = [];
  for (let rank = first * columns; rank < Math.min(total, last * columns); rank++) {
    const image = images.at(rank);
    const place = {
      width: `${cell}px`,
      height: `${rowHeight - GAP_PX}px`,
      transform: `translate(${(rank % columns) * (cell + GAP_PX)}px, ${Math.floor(rank / columns) * rowHeight - top + sight.top}px)`,
    };
    cells.push(
      <li key={rank} style={place} aria-setsize={total} aria-posinset={rank + 1}>
        {image ? (
          <Thumbnail ds={ds} image={image} version={images.version} rank={rank} px={cell} query={query} />
        ) : (
          <span class="thumb" />
        )}
      </li>,
    );
  }
  return (
    <div
      class="grid-box"
      ref={box}
      onScroll={look}
      onKeyDown={move}
      tabIndex={0}
      role="region"
      aria-label={t.look.images}
    >
      <ul class="grid" style={{ height: `${height}px` }} aria-label={t.look.images}>
        {cells}
      </ul>
    </div>
  );
}

function Thumbnail({
  ds,
  image,
  version,
  rank,
  px,
  query,
}: {
  ds: string;
  image: ImageItem;
  version: string;
  rank: number;
  px: number;
  query: string;
}) {
  const to = href("/datasets/{ds}/look/{image}", { ds, image: image.name }) + query;
  return (
    <Link
      to={to}
      class="thumb"
      data-rank={rank}
      title={image.name}
      onKeyDown={(event) => event.key === " " && (event.preventDefault(), navigate(to))}
    >
      {image.size_bytes === null ? (
        <NoPicture text={t.look.noFile} />
      ) : (
        <Picture ds={ds} image={image.name} version={version} px={px} />
      )}
      <span class="thumb-name">{image.name}</span>
      <span class="unseen">{number(rank + 1)}</span>
    </Link>
  );
}

function Picture({ ds, image, version, px }: { ds: string; image: string; version: string; px: number }) {
  const shown = usePicture(ds, image, version, widthFor(px * devicePixelRatio) > 160 ? 320 : 160);
  if (shown.problem) return <NoPicture text={t.look.cantShow} why={shown.problem.detail} />;
  return (
    <span class={`thumb-picture ${shown.address ? "" : "waits"}`}>
      {shown.address && <img src={shown.address} alt="" decoding="async" draggable={false} />}
    </span>
  );
}

function NoPicture({ text, why }: { text: string; why?: string }) {
  return (
    <span class="thumb-picture none" title={why}>
      <Icon name={why ? "failed" : "image"} />
      {text}
    </span>
  );
}
