import type { Me } from "./api/types";
import { Store } from "./store";

const KEY = "labelmill.token";

/** The token of this tab: it goes with the tab, and no other tab sees it. */
export const token = new Store<string>(sessionStorage.getItem(KEY) ?? "");

/** Whose it is; null until the service has said so. */
export const me = new Store<Me | null>(null);

/** Why the sign-in page is shown, where there is a reason. */
export const endedBecause = new Store<"" | "expired">("");

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

/** The token of a link (`…/#token=…`), which is taken out of the address at once; null when there is none. */
export function takeTokenFromAddress(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found === null) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return found.trim();
}

export function organization(): string {
  return me.value?.organization ?? "";
}

/** Whether the token's role allows what the role allows. */
export function may(role: "reader" | "editor" | "admin"): boolean {
  const roles = ["reader", "editor", "admin"];
  return me.value !== null && roles.indexOf(me.value.role) >= roles.indexOf(role);
}
