import { useState } from "preact/hooks";
import { all } from "../../api/call";
import type { AnnotationMap, MapItem } from "../../api/types";
import { useLoaded } from "../../live";
import { setQuery, useQuery } from "../../router";
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
import { mapColumns } from "./columns";
import { DeleteMap } from "./DeleteMap";
import { MapDetails } from "./MapDetails";
import { MapDialog } from "./MapDialog";
import { downloadMap, readMapRow } from "./send";

/** The organization's maps. The one whose name is in the address (`?map=`) is shown in a dialog above them. */
export default function Maps(_: PageProps) {
  const maps = useLoaded((signal) => all("/v1/organizations/{org}/maps", { signal }), []);
  const [edited, setEdited] = useState<AnnotationMap | "new" | null>(null);
  const [deleted, setDeleted] = useState<string | null>(null);
  const query = useQuery();
  const shown = query.get("map") ?? "";
  const show = (map = "", view = "") => setQuery({ map, view });
  const edit = (map: AnnotationMap) => {
    show();
    setEdited(map);
  };

  const actionsOf = (map: MapItem): MenuItem[] => [
    { text: t.maps.open, icon: "maps", onPress: () => show(map.name) },
    ...(map.version
      ? [{ text: t.maps.download, icon: "download" as const, onPress: () => downloadMap(map.name) }]
      : []),
    { text: t.maps.showVersions, icon: "log", onPress: () => show(map.name, "versions") },
    ...(may("editor")
      ? ([
          { text: t.maps.edit, icon: "edit", onPress: async () => edit(await readMapRow(map.name)) },
          { text: t.maps.delete, icon: "trash", danger: true, onPress: () => setDeleted(map.name) },
        ] satisfies MenuItem[])
      : []),
  ];
  const columns: Column<MapItem>[] = [
    ...mapColumns((map) => show(map.name)),
    {
      id: "actions",
      title: t.ui.actions,
      unseen: true,
      width: "4.2rem",
      cell: (map) => <Menu label={t.ui.actionsOf(map.name)} items={actionsOf(map)} />,
    },
  ];
  const create = may("editor") && (
    <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
      {t.maps.create}
    </Button>
  );
  const saved = (map: AnnotationMap) => {
    toast(edited === "new" ? t.maps.created(map.name) : t.maps.saved(map.name));
    setEdited(null);
    maps.set((old = []) =>
      [...old.filter((one) => one.name !== map.name), map].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    maps.reload();
  };
  return (
    <Page full title={t.maps.title} note={t.maps.note} actions={create}>
      <Problem problem={maps.problem} again={maps.reload} />
      <Table
        label={t.maps.title}
        columns={columns}
        rows={maps.data ?? []}
        rowKey={(map) => map.name}
        loading={!maps.data && !maps.problem}
        onOpen={(map) => show(map.name)}
        empty={
          maps.data && (
            <Empty icon="maps" title={t.maps.none}>
              <p>{t.maps.noneText}</p>
              {create}
            </Empty>
          )
        }
      />
      {shown && (
        <MapDetails
          key={shown}
          name={shown}
          view={query.get("view") === "versions" ? "versions" : "classes"}
          onClose={() => show()}
          onEdit={edit}
        />
      )}
      {edited && (
        <MapDialog {...(edited === "new" ? {} : { map: edited })} onClose={() => setEdited(null)} onSaved={saved} />
      )}
      {deleted && (
        <DeleteMap
          name={deleted}
          onClose={() => setDeleted(null)}
          onDeleted={() => {
            toast(t.maps.deleted(deleted));
            maps.set((old) => old?.filter((map) => map.name !== deleted));
            setDeleted(null);
          }}
        />
      )}
    </Page>
  );
}
