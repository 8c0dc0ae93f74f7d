import { useState } from "preact/hooks";
import { all, call } from "../../api/call";
import type { FormatId, Subscription } from "../../api/types";
import { useLive } from "../../live";
import type { PageProps } from "../../routes";
import { may } from "../../session";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { confirm } from "../../ui/Confirm";
import { Empty } from "../../ui/Empty";
import { Menu, type MenuItem } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { type Column, Table } from "../../ui/Table";
import { toast } from "../../ui/Toast";
import { SUBSCRIPTION_COLUMNS } from "./columns";
import { QueuePolicy } from "./QueuePolicy";
import { SubscriptionDialog } from "./SubscriptionDialog";

const LIST = "/v1/organizations/{org}/subscriptions";
const isPending = (list: Subscription[]) => list.some((one) => one.status === "pending");

/** Who is told what. The list is looked at again while somebody has yet to agree. */
export default function Subscriptions(_: PageProps) {
  const list = useLive((signal) => all(LIST, { signal }), [], isPending);
  const [creating, setCreating] = useState(false);
  const [policyOf, setPolicyOf] = useState<Subscription | null>(null);

  const put = (made: Subscription) => list.set((old = []) => [made, ...old.filter((one) => one.id !== made.id)]);
  const created = (made: Subscription) => {
    setCreating(false);
    put(made);
    if (made.queue_policy) setPolicyOf(made);
    else toast(made.status === "pending" ? t.subscriptions.asked(made.endpoint) : t.subscriptions.made(made.endpoint));
    list.reload();
  };
  const askAgain = async ({ protocol, endpoint, workspaces, formats, statuses }: Subscription) => {
    put(
      await call("post", LIST, { body: { protocol, endpoint, workspaces, formats: formats as FormatId[], statuses } }),
    );
    toast(t.subscriptions.asked(endpoint));
    list.reload();
  };
  const end = async (one: Subscription) => {
    if (
      !(await confirm({
        title: t.subscriptions.deleteTitle,
        text: t.subscriptions.deleteText(one.endpoint),
        action: t.shared.deleteNow,
        danger: true,
      }))
    )
      return;
    await call("delete", `${LIST}/{subscription}`, { path: { subscription: one.id } });
    list.set((old) => old?.filter((other) => other.id !== one.id));
    toast(t.subscriptions.deleted);
  };
  const actionsOf = (one: Subscription): MenuItem[] => [
    ...(one.queue_policy
      ? [{ text: t.subscriptions.policy, icon: "log" as const, onPress: () => setPolicyOf(one) }]
      : []),
    ...(may("editor") && one.status !== "confirmed"
      ? [{ text: t.subscriptions.askAgain, icon: "subscriptions" as const, onPress: () => askAgain(one) }]
      : []),
    ...(may("editor")
      ? [{ text: t.subscriptions.delete, icon: "trash" as const, danger: true, onPress: () => end(one) }]
      : []),
  ];
  const columns: Column<Subscription>[] = [
    ...SUBSCRIPTION_COLUMNS,
    {
      id: "actions",
      title: t.ui.actions,
      unseen: true,
      width: "4.2rem",
      cell: (one) => actionsOf(one).length > 0 && <Menu label={t.ui.actionsOf(one.endpoint)} items={actionsOf(one)} />,
    },
  ];
  const create = may("editor") && (
    <Button kind="primary" icon="plus" onPress={() => setCreating(true)}>
      {t.subscriptions.create}
    </Button>
  );
  return (
    <Page full title={t.subscriptions.title} note={t.subscriptions.note} actions={create}>
      <Problem problem={list.problem} again={list.reload} />
      <Table
        label={t.subscriptions.title}
        columns={columns}
        rows={list.data ?? []}
        rowKey={(one) => one.id}
        loading={!list.data && !list.problem}
        empty={
          list.data && (
            <Empty icon="subscriptions" title={t.subscriptions.none}>
              <p>{t.subscriptions.noneText}</p>
              {create}
            </Empty>
          )
        }
      />
      {creating && <SubscriptionDialog onClose={() => setCreating(false)} onMade={created} />}
      {policyOf && <QueuePolicy subscription={policyOf} onClose={() => setPolicyOf(null)} />}
    </Page>
  );
}
