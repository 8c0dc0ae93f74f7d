import type { Me } from "./api/types";
import { Store } from "./store";

const KEY = "labelmill.token";

/** The token of this tab: it goes with the tab, and no other tab sees it. */
export const token = new Store<string>(sessionStorage.getItem(KEY) ?? "");

/** Whose it is; null until the service has said so. */
export const me = new Store<Me | null>(null);

/** Why the sign-in page is shown, where there is a reason. */
export const endedBecause = new Store<"" | "expired" | "link">("");

export function signIn(secret: string): void {
  sessionStorage.setItem(KEY, secret);
  endedBecause.set("");
  me.set(null);
  token.set(secret);
}

export function signOut(because: "" | "expired" = ""): void {
  sessionStorage.removeItem(KEY);
  endedBecause.set(because);
  me.set(null);
  token.set("");
}

export interface Link {
  kind: "code" | "token";
  secret: string;
}

/** What a link holds (`…/#code=…`, `#token=…`), which is taken out of the address at once; null without one. */
export function takeLinkFromAddress(): Link | null {
  const behind = new URLSearchParams(location.hash.slice(1));
  for (const kind of ["code", "token"] as const) {
    const found = behind.get(kind);
    if (found === null) continue;
    history.replaceState(history.state, "", location.pathname + location.search);
    return { kind, secret: found.trim() };
  }
  return null;
}

export function organization(): string {
  return me.value?.organization ?? "";
}

/** Whether the token's role allows what the role allows. */
export function may(role: "reader" | "editor" | "admin"): boolean {
  const roles = ["reader", "editor", "admin"];
  return me.value !== null && roles.indexOf(me.value.role) >= roles.indexOf(role);
}
