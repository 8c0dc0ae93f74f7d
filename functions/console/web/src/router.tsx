import type { ComponentChildren, PartialAnchorHTMLAttributes, TargetedMouseEvent } from "preact";
import { Store, useStore } from "./store";

/** Where we are: path and query of the address. */
export const place = new Store(location.pathname + location.search);
export const BASE = "/console";

window.addEventListener("popstate", () => place.set(location.pathname + location.search));

export function navigate(to: string, { replace = false } = {}): void {
  if (to === place.value) replace = true;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  if (!replace) window.scrollTo(0, 0);
  place.set(location.pathname + location.search);
}

export function usePath(): string {
  return useStore(place).split("?")[0] ?? "";
}

/** The query of the address; `setQuery` changes it in place, so that a filter can be sent as a link. */
export function useQuery(): URLSearchParams {
  return new URLSearchParams(useStore(place).split("?")[1] ?? "");
}

export function setQuery(values: Record<string, string>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) value ? query.set(name, value) : query.delete(name);
  navigate(location.pathname + (query.size ? `?${query}` : ""), { replace: true });
}

/** The address of a page: `href("/datasets/{id}", { id })`. Names may hold anything. */
export function href(pattern: string, values: Record<string, string> = {}): string {
  return BASE + pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

/** The values of a pattern's parameters in a path, or null where it is another's. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const found = path.replace(/\/$/, "").slice(BASE.length).split("/");
  if (wanted.length !== found.length) return null;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = decoded(found[index] ?? "");
    if (part.startsWith("{") && text) values[part.slice(1, -1)] = text;
    else if (part !== text) return null;
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type LinkProps = { to: string; children: ComponentChildren } & Omit<
  PartialAnchorHTMLAttributes<HTMLAnchorElement>,
  "href" | "role"
>;

/** A link within the console; the browser's own ways to open it elsewhere stay. */
export function Link({ to, children, ...rest }: LinkProps) {
  const open = (event: TargetedMouseEvent<HTMLAnchorElement>) => {
    rest.onClick?.(event);
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (elsewhere || event.defaultPrevented) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a {...rest} href={to} onClick={open}>
      {children}
    </a>
  );
}
