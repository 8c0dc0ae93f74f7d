import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useName } from "./id";
import { Icon, type IconName } from "./Icon";
import { toastProblem } from "./Toast";

export interface MenuItem {
  text: string;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  onPress: () => unknown;
}

/** A button that opens a list of actions. Arrow keys move in it, Escape and a click elsewhere close it. */
export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ComponentChildren }) {
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const id = useName("menu");

  const place = () => {
    if (!button.current || !list.current) return;
    const at = button.current.getBoundingClientRect();
    const size = list.current.getBoundingClientRect();
    const below = at.bottom + 4 + size.height <= innerHeight;
    list.current.style.top = `${Math.max(4, below ? at.bottom + 4 : at.top - 4 - size.height)}px`;
    list.current.style.left = `${Math.max(4, Math.min(at.right - size.width, innerWidth - size.width - 4))}px`;
  };
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const move = (event: KeyboardEvent) => {
    const all = entries();
    const now = all.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 };
    const next = steps[event.key];
    if (event.key === "Tab") list.current?.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };
  const press = async (item: MenuItem) => {
    list.current?.hidePopover();
    button.current?.focus();
    try {
      await item.onPress();
    } catch (problem) {
      toastProblem(problem);
    }
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={`button quiet ${children ? "" : "icon-only"}`}
        popovertarget={id}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={children ? undefined : label}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || open) return;
          event.preventDefault();
          list.current?.showPopover();
        }}
      >
        {children ?? <Icon name="more" />}
      </button>
      <div
        ref={list}
        id={id}
        class="menu"
        popover="auto"
        role="menu"
        aria-label={label}
        onKeyDown={move}
        onToggle={(event) => {
          const shown = (event as unknown as ToggleEvent).newState === "open";
          setOpen(shown);
          if (!shown) return;
          place();
          entries()[0]?.focus();
        }}
      >
        {items.map((item) => (
          <button
            key={item.text}
            type="button"
            role="menuitem"
            tabIndex={-1}
            class={item.danger ? "danger" : ""}
            aria-disabled={item.disabled || undefined}
            onClick={() => !item.disabled && press(item)}
          >
            {item.icon && <Icon name={item.icon} />}
            {item.text}
          </button>
        ))}
      </div>
    </>
  );
}
