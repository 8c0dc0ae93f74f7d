import type { Subscription } from "../../api/types";
import { ago, exactTime } from "../../format";
import { t } from "../../texts";
import { Icon, type IconName } from "../../ui/Icon";
import type { Column } from "../../ui/Table";
import { aboutOf } from "./said";

const SYMBOLS: Record<Subscription["status"], { icon: IconName; kind: string }> = {
  pending: { icon: "queued", kind: "running" },
  confirmed: { icon: "complete", kind: "complete" },
  gone: { icon: "cancelled", kind: "cancelled" },
};

/** What the table of subscriptions shows, but for the actions. */
export const SUBSCRIPTION_COLUMNS: Column<Subscription>[] = [
  {
    id: "endpoint",
    title: t.subscriptions.endpoint,
    cell: (one) => <span title={one.endpoint}>{one.endpoint}</span>,
    sort: (one) => one.endpoint,
  },
  {
    id: "protocol",
    title: t.subscriptions.protocol,
    width: "11rem",
    least: 640,
    cell: (one) => t.subscriptions.protocols[one.protocol],
    sort: (one) => one.protocol,
  },
  {
    id: "about",
    title: t.subscriptions.about,
    least: 800,
    cell: (one) => (
      <span title={aboutOf(one)}>{aboutOf(one) || <span class="quiet">{t.subscriptions.everything}</span>}</span>
    ),
    sort: aboutOf,
  },
  {
    id: "status",
    title: t.subscriptions.state,
    width: "9rem",
    cell: (one) => (
      <span class={`status ${SYMBOLS[one.status].kind}`} title={t.subscriptions.stateHints[one.status]}>
        <Icon name={SYMBOLS[one.status].icon} />
        {t.subscriptions.states[one.status]}
      </span>
    ),
    sort: (one) => one.status,
  },
  {
    id: "created",
    title: t.subscriptions.created,
    width: "10.5rem",
    least: 960,
    cell: (one) => (
      <time dateTime={one.created} title={exactTime(one.created)}>
        {ago(one.created)}
      </time>
    ),
    sort: (one) => one.created,
  },
  {
    id: "by",
    title: t.subscriptions.createdBy,
    width: "10rem",
    least: 1100,
    cell: (one) => <span title={one.created_by}>{one.created_by}</span>,
    sort: (one) => one.created_by,
  },
];
