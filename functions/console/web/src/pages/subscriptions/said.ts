import type { Subscription } from "../../api/types";
import { t } from "../../texts";

export const PROTOCOLS = Object.keys(t.subscriptions.protocols) as Subscription["protocol"][];
export const STATUSES = Object.keys(t.subscriptions.happened) as Subscription["statuses"];

/** What a subscription is about, in words; empty where it is about everything. */
export function aboutOf(one: Pick<Subscription, "workspaces" | "formats" | "statuses">): string {
  const happened = one.statuses.map((status) => t.subscriptions.happened[status]);
  return [one.workspaces, one.formats, happened]
    .filter((names) => names.length)
    .map((names) => names.join(", "))
    .join(" · ");
}
