import { useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Annotation, Dataset } from "../../api/types";
import { useFresh } from "../../fresh";
import { useLive } from "../../live";
import { href, Link, navigate } from "../../router";
import type { PageProps } from "../../routes";
import { may } from "../../session";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Table } from "../../ui/Table";
import { toast } from "../../ui/Toast";
import { deleteDataset } from "../datasets/actions";
import { withAnnotation } from "./actions";
import { columns } from "./columns";
import { Facts } from "./Facts";
import { isOpen, nameOf } from "./names";
import { NewAnnotation } from "./NewAnnotation";
import { Types } from "./Types";

const words = t.dataset;
const FOLLOW = {
  id: (one: Annotation) => one.id,
  isOpen,
  again: (one: Annotation, signal: AbortSignal) =>
    call("get", "/v1/annotations/{id}", { path: { id: one.id }, signal }),
};

/** A dataset: what is known of it, and the annotations made from it. */
export default function DatasetPage({ params }: PageProps) {
  const ds = params["id"] ?? "";
  const dataset = useLive((signal) => call("get", "/v1/datasets/{ds}", { path: { ds }, signal }), [ds]);
  const one = dataset.data;
  if (!one)
    return (
      <Page title={words.title}>
        {dataset.problem ? <Problem problem={dataset.problem} again={dataset.reload} /> : null}
      </Page>
    );
  const above: [string, string][] = [
    [t.workspaces.title, href("/workspaces")],
    [one.workspace, href("/workspaces/{ws}", { ws: one.workspace })],
  ];
  const remove = async () => {
    if (await deleteDataset(one)) navigate(href("/workspaces/{ws}", { ws: one.workspace }));
  };
  const actions = (
    <>
      {one.version && one.status !== "refused" && (
        <Link class="button" to={href("/datasets/{id}/look", { id: one.id })}>
          <Icon name="image" />
          {words.look}
        </Link>
      )}
      {may("editor") && (one.status === "ready" || one.status === "refused") && (
        <Menu
          label={t.ui.actionsOf(one.name)}
          items={[{ text: words.remove, icon: "trash", danger: true, onPress: remove }]}
        />
      )}
    </>
  );
  return (
    <Page title={one.name} above={above} actions={actions}>
      <Problem problem={dataset.problem} again={dataset.reload} />
      {one.status === "refused" && (
        <div class="problem" role="note">
          <Icon name="failed" />
          <div>
            <strong>{words.refusedText}</strong>
            <p>{one.problem}</p>
          </div>
        </div>
      )}
      <div class="dataset-page">
        <Annotations dataset={one} onMade={dataset.reload} />
        <div class="stack">
          <Facts dataset={one} />
          {one.version && one.status === "ready" && <Types dataset={one} />}
        </div>
      </div>
    </Page>
  );
}

function Annotations({ dataset, onMade }: { dataset: Dataset; onMade: () => void }) {
  const [unfolded, setUnfolded] = useState(false);
  const list = useFresh(
    "/v1/datasets/{ds}/annotations",
    { path: { ds: dataset.id }, query: { version: unfolded ? "all" : "current" } },
    [dataset.id, dataset.version, unfolded],
    FOLLOW,
  );
  const every = Object.values(dataset.annotations).reduce((sum, count) => sum + count, 0);
  const older = unfolded ? list.items.filter((one) => !one.is_current).length : every - list.items.length;
  const [asking, setAsking] = useState(false);
  const can = may("editor") && dataset.status === "ready";
  const made = (annotation: Annotation) => {
    setAsking(false);
    if (annotation.status === "complete") toast(words.there(nameOf(annotation)));
    list.set((items) => withAnnotation(items, annotation));
    list.reload();
    onMade();
  };
  return (
    <section class="annotations">
      <div class="annotations-head">
        <h2>{words.annotations}</h2>
        {list.complete && !list.loading && older > 0 && (
          <Button kind="quiet" aria-expanded={unfolded} onPress={() => setUnfolded(!unfolded)}>
            {unfolded ? words.foldOlder : words.unfoldOlder(older)}
          </Button>
        )}
        {can && <Button icon="plus" label={words.add} onPress={() => setAsking(true)} />}
      </div>
      <Problem problem={list.problem} again={list.reload} />
      <Table
        label={words.annotations}
        columns={columns(list)}
        rows={list.items}
        rowKey={(one) => one.id}
        complete={list.complete}
        more={list.more}
        loading={list.loading}
        empty={
          list.problem ? null : (
            <Empty icon="log" title={words.noAnnotations}>
              <p>{dataset.status === "uploading" ? words.beforeArrival : words.noAnnotationsText}</p>
            </Empty>
          )
        }
      />
      {asking && <NewAnnotation dataset={dataset} onClose={() => setAsking(false)} onMade={made} />}
    </section>
  );
}
