import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { number } from "../format";
import { t } from "../texts";
import { Icon } from "./Icon";

export interface Column<R> {
  id: string;
  /** The heading; with `unseen` it is for screen readers only. */
  title: string;
  unseen?: boolean;
  cell: (row: R) => ComponentChildren;
  /** What to sort by; without it the column can't be sorted. */
  sort?: (row: R) => string | number;
  /** Width in CSS, and the one in tables that are narrower than 560 px; the rest is shared. */
  width?: string;
  narrow?: string;
  /** Numbers stand at the end of their cells. */
  numeric?: boolean;
  /** Left out where the table is narrower than this, in px. */
  least?: number;
}

interface Props<R> {
  label: string;
  columns: Column<R>[];
  rows: R[];
  rowKey: (row: R) => string;
  /** Whether `rows` is all there is: only then it can be sorted. True if not given. */
  complete?: boolean;
  /** Asked for when the end comes into sight and `complete` is false. */
  more?: () => void;
  loading?: boolean;
  /** The row that is shown elsewhere on the page. */
  selected?: string;
  /** A click anywhere in a row; its first cell should hold a link or button that does the same. */
  onOpen?: (row: R) => void;
  /** Shown instead of the table when there is nothing. */
  empty?: ComponentChildren;
  /** Height of a row in px (at 15 px a letter); all are equally high. */
  rowHeight?: number;
}

const ROW_PX = 44;
const NARROW_PX = 560;
const LETTER_PX = 15; // the root font size that row heights are for; it grows with very large screens
const AROUND = 12; // rows drawn above and below what is in sight
const CONTROLS = ":is(a[href], button, input):not([disabled], [role=menuitem])";
const TYPED = "select, textarea, input:not([type=checkbox], [type=radio])";

/**
 * A table of any length: only rows in sight are in the page. Arrow keys move between the rows' controls, a click on a
 * heading sorts.
 */
export function Table<R>(props: Props<R>) {
  const { columns, rows, rowKey, complete = true, more, loading } = props;
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 800, width: 10_000, letter: LETTER_PX });
  const [order, setOrder] = useState<{ id: string; down: boolean } | null>(null);
  const rowHeight = Math.round(((props.rowHeight ?? ROW_PX) * sight.letter) / LETTER_PX);
  const wanted = useRef<{ row: number; control: number } | null>(null);

  const shownColumns = columns.filter((column) => sight.width >= (column.least ?? 0));
  const by = complete ? columns.find((column) => column.id === order?.id)?.sort : undefined;
  const sorted = by ? [...rows].sort((a, b) => compare(by(a), by(b)) * (order?.down ? -1 : 1)) : rows;
  const inSight = Math.ceil(sight.height / rowHeight) + 1;
  // Where the list has become shorter than what was scrolled by, its end is drawn.
  const top = Math.max(0, Math.min(Math.floor(sight.top / rowHeight), sorted.length - inSight));
  const first = Math.max(0, top - AROUND);
  const last = Math.min(sorted.length, top + inSight + AROUND);

  const look = () => {
    const shown = box.current;
    if (!shown) return;
    const letter = parseFloat(getComputedStyle(document.documentElement).fontSize);
    setSight({ top: shown.scrollTop, height: shown.clientHeight, width: shown.clientWidth, letter });
  };
  useLayoutEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [rows.length === 0]);
  useEffect(() => {
    if (!complete && !loading && last >= sorted.length) more?.();
  }, [last, sorted.length, complete, loading]);
  useEffect(() => {
    const at = wanted.current;
    const row = at && box.current?.querySelector(`tr[data-row="${at.row}"]`);
    if (!at || !row) return;
    wanted.current = null;
    const controls = row.querySelectorAll<HTMLElement>(CONTROLS);
    (controls[Math.min(at.control, controls.length - 1)] ?? null)?.focus({ preventScroll: true });
  });

  const move = (event: KeyboardEvent) => {
    const now = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("tr[data-row]") : null;
    // An open menu in the row has taken the key already; a field that is typed into needs it itself.
    if (!now || !box.current || event.defaultPrevented || (event.target as HTMLElement).matches(TYPED)) return;
    const index = Number(now.dataset["row"]);
    const page = Math.floor(sight.height / rowHeight) - 1;
    const targets: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: sorted.length - 1,
      PageDown: index + page,
      PageUp: index - page,
    };
    const next = targets[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(next, sorted.length - 1));
    const controls = [...now.querySelectorAll<HTMLElement>(CONTROLS)];
    wanted.current = { row, control: Math.max(0, controls.indexOf(document.activeElement as HTMLElement)) };
    const { scrollTop, clientHeight } = box.current;
    const head = box.current.querySelector("thead")?.clientHeight ?? 0;
    const top = row * rowHeight;
    if (top < scrollTop) box.current.scrollTop = top;
    else if (top + rowHeight + head > scrollTop + clientHeight)
      box.current.scrollTop = top + rowHeight + head - clientHeight;
    look();
    setOrder((old) => (old ? { ...old } : old)); // drawn again even where nothing scrolled, to take the focus
  };

  if (!rows.length && !loading && complete) return <>{props.empty}</>;
  return (
    <div class="table-box" ref={box} onScroll={look} tabIndex={0} role="group" aria-label={props.label}>
      <table aria-label={props.label} aria-rowcount={complete ? sorted.length + 1 : -1} aria-busy={loading}>
        <colgroup>
          {shownColumns.map((column) => (
            <col
              key={column.id}
              style={{ width: (sight.width < NARROW_PX && column.narrow) || column.width || "auto" }}
            />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {shownColumns.map((column) => (
              <Heading key={column.id} column={column} sortable={complete} order={order} setOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={move} onMouseOver={tell}>
          {first > 0 && <Room rows={first} height={rowHeight} columns={shownColumns.length} />}
          {sorted.slice(first, last).map((row, index) => {
            const key = rowKey(row);
            return (
              <tr
                key={key}
                data-row={first + index}
                aria-rowindex={first + index + 2}
                class={`${props.onOpen ? "opens" : ""} ${key === props.selected ? "selected" : ""}`}
                style={{ height: `${rowHeight}px` }}
                onClick={(event) => {
                  const control = (event.target as HTMLElement).closest("a, button, input, label, [popover]");
                  if (!control && !getSelection()?.toString()) props.onOpen?.(row);
                }}
              >
                {shownColumns.map((column) => (
                  <td key={column.id} class={column.numeric ? "numeric" : ""}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {last < sorted.length && (
            <Room rows={sorted.length - last} height={rowHeight} columns={shownColumns.length} />
          )}
        </tbody>
      </table>
      {loading && <div class="table-more">{rows.length ? t.ui.loadingMore : t.shell.loading}</div>}
      <div class="unseen" role="status">
        {!loading && t.ui.rows(number(rows.length))}
      </div>
    </div>
  );
}

/** Cut texts are told whole beside the pointer. */
function tell(event: MouseEvent): void {
  const cell = event.target instanceof Element ? event.target.closest("td") : null;
  if (cell && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent ?? "";
}

/** The height of rows that are not drawn. */
function Room({ rows, height, columns }: { rows: number; height: number; columns: number }) {
  return (
    <tr aria-hidden class="room" style={{ height: `${rows * height}px` }}>
      <td colSpan={columns} />
    </tr>
  );
}

type Order = { id: string; down: boolean } | null;

function Heading<R>({
  column,
  sortable,
  order,
  setOrder,
}: {
  column: Column<R>;
  sortable: boolean;
  order: Order;
  setOrder: (order: Order) => void;
}) {
  const kind = column.numeric ? "numeric" : "";
  if (!sortable || !column.sort) {
    return (
      <th scope="col" class={kind}>
        <span class={column.unseen ? "unseen" : ""}>{column.title}</span>
      </th>
    );
  }
  const chosen = order?.id === column.id;
  return (
    <th scope="col" class={kind} aria-sort={chosen ? (order.down ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => setOrder({ id: column.id, down: chosen && !order.down })}>
        {column.title}
        <Icon name={chosen && order.down ? "down" : "up"} class={chosen ? "" : "idle"} />
      </button>
    </th>
  );
}

const words = new Intl.Collator("en", { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
}
