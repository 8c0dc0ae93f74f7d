import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useName } from "./id";

export interface Tab {
  id: string;
  title: ComponentChildren;
  content: () => ComponentChildren;
}

/** One of several views at a time. Arrow keys change the tab. */
export function Tabs({ label, tabs, first }: { label: string; tabs: Tab[]; first?: string }) {
  const [chosen, choose] = useState(first ?? tabs[0]?.id);
  const name = useName("tabs");
  const shown = tabs.find((tab) => tab.id === chosen) ?? tabs[0];
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !shown) return;
    event.preventDefault();
    const next = tabs.at((tabs.indexOf(shown) + step) % tabs.length);
    choose(next?.id);
    document.getElementById(`${name}-${next?.id}`)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${name}-${tab.id}`}
            aria-selected={tab === shown}
            aria-controls={`${name}-panel`}
            tabIndex={tab === shown ? 0 : -1}
            onClick={() => choose(tab.id)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-${shown?.id}`} tabIndex={0}>
        {shown?.content()}
      </div>
    </div>
  );
}
