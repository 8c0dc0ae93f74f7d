import { useState } from "preact/hooks";
import { all } from "../../api/call";
import type { Workspace } from "../../api/types";
import { useLoaded } from "../../live";
import { href, navigate, setQuery, useQuery } from "../../router";
import type { PageProps } from "../../routes";
import { may } from "../../session";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import { Menu, type MenuItem } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { type Column, Table } from "../../ui/Table";
import { toast } from "../../ui/Toast";
import { WORKSPACE_COLUMNS } from "./columns";
import { DeleteWorkspace } from "./DeleteWorkspace";
import { ResourcesDialog } from "./ResourcesDialog";
import { readWorkspace } from "./send";
import { WorkspaceDialog } from "./WorkspaceDialog";

/** The organization's workspaces. The resources of the one in the address (`?resources=`) are shown above them. */
export default function Workspaces(_: PageProps) {
  const workspaces = useLoaded((signal) => all("/v1/organizations/{org}/workspaces", { signal }), []);
  const [edited, setEdited] = useState<Workspace | "new" | null>(null);
  const [deleted, setDeleted] = useState<string | null>(null);
  const resources = useQuery().get("resources") ?? "";
  const open = (workspace: Workspace) => navigate(href("/workspaces/{ws}", { ws: workspace.name }));

  const actionsOf = (workspace: Workspace): MenuItem[] => [
    { text: t.workspaces.open, icon: "workspaces", onPress: () => open(workspace) },
    ...(may("editor")
      ? ([
          { text: t.workspaces.resources, icon: "maps", onPress: () => setQuery({ resources: workspace.name }) },
          { text: t.shared.edit, icon: "edit", onPress: async () => setEdited(await readWorkspace(workspace.name)) },
          { text: t.shared.delete, icon: "trash", danger: true, onPress: () => setDeleted(workspace.name) },
        ] satisfies MenuItem[])
      : []),
  ];
  const columns: Column<Workspace>[] = [
    ...WORKSPACE_COLUMNS,
    {
      id: "actions",
      title: t.ui.actions,
      unseen: true,
      width: "4.2rem",
      cell: (one) => <Menu label={t.ui.actionsOf(one.name)} items={actionsOf(one)} />,
    },
  ];
  const create = may("editor") && (
    <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
      {t.workspaces.create}
    </Button>
  );
  const saved = (workspace: Workspace) => {
    toast(edited === "new" ? t.workspaces.made(workspace.name) : t.workspaces.saved(workspace.name));
    setEdited(null);
    workspaces.set((old = []) =>
      [...old.filter((one) => one.name !== workspace.name), workspace].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    workspaces.reload();
  };
  return (
    <Page full title={t.workspaces.title} note={t.workspaces.note} actions={create}>
      <Problem problem={workspaces.problem} again={workspaces.reload} />
      <Table
        label={t.workspaces.title}
        columns={columns}
        rows={workspaces.data ?? []}
        rowKey={(one) => one.name}
        loading={!workspaces.data && !workspaces.problem}
        onOpen={open}
        empty={
          workspaces.data && (
            <Empty icon="workspaces" title={t.workspaces.none}>
              <p>{t.workspaces.noneText}</p>
              {create}
            </Empty>
          )
        }
      />
      {edited && (
        <WorkspaceDialog
          {...(edited === "new" ? {} : { workspace: edited })}
          onClose={() => setEdited(null)}
          onSaved={saved}
        />
      )}
      {resources && may("editor") && (
        <ResourcesDialog
          key={resources}
          workspace={resources}
          onClose={() => setQuery({ resources: "" })}
          onSaved={workspaces.reload}
        />
      )}
      {deleted && (
        <DeleteWorkspace
          name={deleted}
          onClose={() => setDeleted(null)}
          onDeleted={() => {
            toast(t.workspaces.deleted(deleted));
            workspaces.set((old) => old?.filter((one) => one.name !== deleted));
            setDeleted(null);
          }}
        />
      )}
    </Page>
  );
}
