import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../texts";
import { MapColumn } from "./MapColumn";
import { moved, nextFocus, other, type Side, stepIn } from "./moves";

interface Props {
  /** All maps that there are. */
  names: string[];
  included: string[];
  onIncluded: (included: string[]) => void;
}

/** Two columns: maps move between them by click, by keyboard and by drag; what happened is read out. */
export function MapColumns({ names, included, onIncluded }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const focus = useRef<{ side: Side; name: string } | null>(null);
  const [said, say] = useState("");
  const inside = new Set(included);
  const columns: Record<Side, string[]> = { available: names.filter((name) => !inside.has(name)), included };

  useLayoutEffect(() => {
    const at = focus.current;
    focus.current = null;
    if (at)
      buttonsOf(at.side)
        .find((button) => button.dataset["name"] === at.name)
        ?.focus();
  });
  const buttonsOf = (side: Side) => [
    ...(box.current?.querySelectorAll<HTMLElement>(`[data-side="${side}"] [data-name]`) ?? []),
  ];
  const shownIn = (side: Side) => buttonsOf(side).map((button) => button.dataset["name"] ?? "");

  const move = (some: string[], to: Side, keepFocus: boolean) => {
    const [only] = some;
    if (only === undefined) return;
    if (keepFocus && some.length === 1) {
      const next = nextFocus(shownIn(other(to)), only);
      focus.current = next === undefined ? { side: to, name: only } : { side: other(to), name: next };
    }
    const after = moved(included, some, to);
    onIncluded(after);
    if (some.length > 1)
      say(t.workspaces.movedSome(some.length, to === "included" ? t.workspaces.included : t.workspaces.available));
    else say(to === "included" ? t.workspaces.movedIn(only, after.length) : t.workspaces.movedOut(only, after.length));
  };
  const onKey = (event: KeyboardEvent, side: Side, name: string) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = shownIn(side).indexOf(name);
    const across = { ArrowRight: "included", ArrowLeft: "available" }[event.key] as Side | undefined;
    const target = across && across !== side ? shownIn(across) : [];
    const next = across ? target[Math.min(at, target.length - 1)] : stepIn(shownIn(side), at, event.key);
    if (next === undefined) return;
    event.preventDefault();
    buttonsOf(across ?? side)
      .find((button) => button.dataset["name"] === next)
      ?.focus();
  };
  return (
    <div class="map-columns" ref={box}>
      {(["available", "included"] as const).map((side) => (
        <MapColumn
          key={side}
          side={side}
          names={columns[side]}
          any={names.length > 0}
          onMove={(some, keepFocus) => move(some, other(side), keepFocus)}
          onDropped={(name) => columns[other(side)].includes(name) && move([name], side, false)}
          onKey={(event, name) => onKey(event, side, name)}
        />
      ))}
      <p class="field-hint">{t.workspaces.how}</p>
      <div class="unseen" role="status">
        {said}
      </div>
    </div>
  );
}
