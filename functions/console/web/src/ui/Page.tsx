import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Link } from "../router";
import { t } from "../texts";
import { Icon } from "./Icon";

interface Props {
  title: string;
  /** Pages above this one: text and address. */
  above?: [string, string][];
  /** Buttons at the heading's right. */
  actions?: ComponentChildren;
  /** A line below the heading. */
  note?: ComponentChildren;
  /** The page scrolls in its own parts (a long table), not as a whole. */
  full?: boolean;
  children?: ComponentChildren;
}

export function Page({ title, above = [], actions, note, full, children }: Props) {
  useEffect(() => {
    document.title = `${title} · ${t.shell.product}`;
  }, [title]);
  return (
    <div class={`page ${full ? "full" : ""}`}>
      <header class="page-head">
        <div class="page-title">
          {above.length > 0 && (
            <nav class="above" aria-label={t.shell.above}>
              {above.map(([text, address]) => (
                <span key={address}>
                  <Link to={address}>{text}</Link>
                  <Icon name="right" />
                </span>
              ))}
            </nav>
          )}
          <h1 tabIndex={-1}>{title}</h1>
          {note && <div class="note">{note}</div>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
