import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { href, Link, usePath } from "../router";
import { me, signOut } from "../session";
import { useStore } from "../store";
import { t } from "../texts";
import { Icon, type IconName } from "../ui/Icon";
import { ThemeSwitch } from "./ThemeSwitch";

const PAGES: { at: string; text: string; icon: IconName; also?: string[] }[] = [
  { at: "/happening", text: t.shell.happening, icon: "happening" },
  { at: "/workspaces", text: t.shell.workspaces, icon: "workspaces", also: ["/datasets", "/annotations"] },
  { at: "/maps", text: t.shell.maps, icon: "maps" },
  { at: "/subscriptions", text: t.shell.subscriptions, icon: "subscriptions" },
  { at: "/tokens", text: t.shell.tokens, icon: "tokens" },
];

/** The navigation beside (on narrow screens above) the page. */
export function Frame({ children }: { children: ComponentChildren }) {
  const path = usePath();
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  return (
    <div class="frame">
      <a class="skip" href="#content">
        {t.shell.toContent}
      </a>
      <header class={`side ${open ? "open" : ""}`} onKeyDown={(event) => event.key === "Escape" && setOpen(false)}>
        <div class="brand">
          <Link to={href("/workspaces")}>
            <Mark />
            {t.shell.product}
          </Link>
          <button
            type="button"
            class="button quiet icon-only menu-button"
            aria-label={t.shell.menu}
            aria-expanded={open}
            aria-controls="navigation"
            onClick={() => setOpen(!open)}
          >
            <Icon name={open ? "close" : "menu"} />
          </button>
        </div>
        <div class="side-body" id="navigation">
          <nav aria-label={t.shell.pages}>
            <ul>
              {PAGES.map((page) => (
                <li key={page.at}>
                  <Link to={href(page.at)} aria-current={isBelow(path, page) ? "page" : undefined}>
                    <Icon name={page.icon} />
                    {page.text}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <Account />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function isBelow(path: string, page: { at: string; also?: string[] }): boolean {
  return [page.at, ...(page.also ?? [])].some((at) => path === href(at) || path.startsWith(`${href(at)}/`));
}

function Account() {
  const who = useStore(me);
  return (
    <div class="account">
      {who && (
        <dl>
          <dt>{t.shell.organization}</dt>
          <dd>{who.organization}</dd>
          <dt>{t.shell.signedInAs}</dt>
          <dd>
            {who.token.name} <span class="quiet">({t.shell.role[who.role]})</span>
          </dd>
        </dl>
      )}
      <div class="account-rows">
        <a href="/v1/docs" target="_blank" rel="noopener">
          <Icon name="external" />
          {t.shell.documentation}
        </a>
        <button type="button" onClick={() => signOut()}>
          <Icon name="leave" />
          {t.shell.signOut}
        </button>
      </div>
      <ThemeSwitch />
    </div>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" />
      <path d="M8 12V8h4M20 8h4v4M24 20v4h-4M12 24H8v-4" />
      <circle cx="16" cy="16" r="3.6" />
    </svg>
  );
}
