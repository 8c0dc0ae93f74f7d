import { useEffect, useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Dataset } from "../../api/types";
import { useFresh } from "../../fresh";
import { href, navigate } from "../../router";
import type { PageProps } from "../../routes";
import { may } from "../../session";
import { useStore } from "../../store";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import { droppedFiles, type PickedFile } from "../../ui/FileDrop";
import { Menu } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Table } from "../../ui/Table";
import { ResourcesDialog } from "../workspaces/ResourcesDialog";
import { menuColumn } from "./actions";
import { columns } from "./columns";
import { UploadDialog } from "./UploadDialog";
import { UploadList } from "./UploadList";
import { transfers } from "./upload/uploads";

const words = t.datasets;
const FOLLOW = {
  id: (one: Dataset) => one.id,
  isOpen: (one: Dataset) =>
    !["ready", "refused"].includes(one.status) || one.annotations.running + one.annotations.queued > 0,
  again: (one: Dataset, signal: AbortSignal) => call("get", "/v1/datasets/{ds}", { path: { ds: one.id }, signal }),
};

interface Asked {
  dropped: PickedFile[];
  goOn?: Dataset;
}

/** The datasets of a workspace, and what is being uploaded. */
export default function Datasets({ params }: PageProps) {
  const ws = params["ws"] ?? "";
  const list = useFresh("/v1/workspaces/{ws}/datasets", { path: { ws } }, [ws], FOLLOW);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [resources, setResources] = useState(false);
  const [over, setOver] = useState(false);
  useEnds(list.reload);
  const editor = may("editor");
  const upload = editor && (
    <Button kind="primary" icon="upload" onPress={() => setAsked({ dropped: [] })}>
      {words.upload}
    </Button>
  );
  const actions = editor && (
    <>
      {upload}
      <Menu
        label={t.ui.actionsOf(ws)}
        items={[{ text: t.workspaces.resources, icon: "maps", onPress: () => setResources(true) }]}
      />
    </>
  );
  const goOn = (dataset: Dataset) => setAsked({ dropped: [], goOn: dataset });
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!editor || asked) return;
    const dropped = await droppedFiles(event);
    if (dropped.length) setAsked({ dropped });
  };
  return (
    <div
      class={`datasets-page ${over ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        if (editor && !asked) setOver(true);
      }}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setOver(false)}
      onDrop={drop}
    >
      <Page full title={ws} above={[[t.workspaces.title, href("/workspaces")]]} note={words.title} actions={actions}>
        <Problem problem={list.problem} again={list.reload} />
        <UploadList workspace={ws} onEnd={list.reload} />
        <Table
          label={words.title}
          columns={[...columns(goOn), menuColumn({ reload: list.reload, set: list.set, goOn })]}
          rows={list.items}
          rowKey={(one) => one.id}
          complete={list.complete}
          more={list.more}
          loading={list.loading}
          onOpen={(one) => navigate(href("/datasets/{id}", { id: one.id }))}
          empty={
            list.problem ? null : (
              <Empty icon="workspaces" title={words.none}>
                {editor && <p>{words.noneText}</p>}
                {upload}
              </Empty>
            )
          }
        />
      </Page>
      {over && (
        <div class="datasets-drop" aria-hidden>
          {words.dropHere}
        </div>
      )}
      {resources && <ResourcesDialog workspace={ws} onClose={() => setResources(false)} />}
      {asked && (
        <UploadDialog
          workspace={ws}
          dropped={asked.dropped}
          goOn={asked.goOn}
          onClose={() => setAsked(null)}
          onBegun={list.reload}
        />
      )}
    </div>
  );
}

/** Look at the list when an upload of this tab ends. */
function useEnds(reload: () => void): void {
  const all = useStore(transfers);
  useEffect(() => {
    const ends = all.map(({ state }) => {
      let before = state.value.stage;
      return state.follow(() => {
        if (state.value.stage === before) return;
        before = state.value.stage;
        reload();
      });
    });
    return () => ends.forEach((end) => end());
  }, [all, reload]);
}
