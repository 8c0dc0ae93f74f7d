import { useState } from "preact/hooks";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { useName } from "../../ui/id";
import { fitting, type Side } from "./moves";

const FILTER_FROM = 8; // maps; fewer are seen at once
const KIND = "application/x-labelmill-map";

interface Props {
  side: Side;
  names: string[];
  /** Whether there are maps at all. */
  any: boolean;
  onMove: (names: string[], keepFocus: boolean) => void;
  /** A map was dropped here. */
  onDropped: (name: string) => void;
  onKey: (event: KeyboardEvent, name: string) => void;
}

export function MapColumn({ side, names, any, onMove, onDropped, onKey }: Props) {
  const [typed, setTyped] = useState("");
  const [over, setOver] = useState(false);
  const [last, setLast] = useState("");
  const heading = useName("column");
  const title = t.workspaces[side];
  const shown = fitting(names, typed);
  const stop = shown.includes(last) ? last : shown[0]; // the one that Tab leads to
  const nothing = names.length
    ? t.workspaces.filteredNone
    : !any
      ? t.workspaces.noMapsAtAll
      : side === "included"
        ? t.workspaces.includedNone
        : t.workspaces.availableNone;
  return (
    <section
      class={`map-column ${over ? "over" : ""}`}
      data-side={side}
      aria-labelledby={heading}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes(KIND)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onDropped(event.dataTransfer?.getData(KIND) ?? "");
      }}
    >
      <header>
        <h3 id={heading}>
          {title} <span class="quiet">({names.length})</span>
        </h3>
        {shown.length > 1 && (
          <Button kind="quiet" onPress={() => onMove(shown, false)}>
            {side === "available" ? t.workspaces.includeAll : t.workspaces.takeOutAll}
          </Button>
        )}
      </header>
      {(names.length >= FILTER_FROM || typed) && (
        <input
          type="search"
          aria-label={t.workspaces.filter(title)}
          placeholder={t.workspaces.filterHere}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      {shown.length === 0 && <p class="quiet">{nothing}</p>}
      {shown.length > 0 && (
        <ul aria-labelledby={heading}>
          {shown.map((name) => (
            <li key={name}>
              <button
                type="button"
                data-name={name}
                draggable
                tabIndex={name === stop ? 0 : -1}
                aria-label={side === "available" ? t.workspaces.include(name) : t.workspaces.takeOut(name)}
                onFocus={() => setLast(name)}
                onClick={() => onMove([name], true)}
                onKeyDown={(event) => onKey(event, name)}
                onDragStart={(event) => {
                  event.dataTransfer?.setData(KIND, name);
                  if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
                }}
              >
                <Icon name="maps" />
                <span>{name}</span>
                <Icon name={side === "available" ? "plus" : "close"} class="map-move" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
