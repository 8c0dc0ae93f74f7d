import { call } from "../../api/call";
import type { Dataset } from "../../api/types";
import { href, navigate } from "../../router";
import { may } from "../../session";
import { t } from "../../texts";
import { confirm } from "../../ui/Confirm";
import { Menu, type MenuItem } from "../../ui/Menu";
import type { Column } from "../../ui/Table";
import { toast } from "../../ui/Toast";
import { transfers } from "./upload/uploads";

const words = t.datasets;

interface Around {
  reload: () => void;
  set: (change: (items: Dataset[]) => Dataset[]) => void;
  goOn: (dataset: Dataset) => void;
}

/** Ask, and delete a dataset with all that was made from it; whether it was done. */
export async function deleteDataset(dataset: Dataset): Promise<boolean> {
  const sure = await confirm({
    title: words.removeTitle(dataset.name),
    text: words.removeText,
    action: words.remove,
    danger: true,
  });
  if (!sure) return false;
  await call("delete", "/v1/datasets/{ds}", { path: { ds: dataset.id } });
  toast(words.removed(dataset.name));
  return true;
}

/** The column with what can be done with a dataset. */
export function menuColumn(around: Around): Column<Dataset> {
  const cell = (one: Dataset) => <Menu label={t.ui.actionsOf(one.name)} items={itemsOf(one, around)} />;
  return { id: "actions", title: t.ui.actions, unseen: true, width: "4.4rem", narrow: "3.6rem", cell };
}

function itemsOf(one: Dataset, { reload, set, goOn }: Around): MenuItem[] {
  const items: MenuItem[] = [
    { text: words.open, icon: "right", onPress: () => navigate(href("/datasets/{id}", { id: one.id })) },
  ];
  if (one.version && one.status !== "refused")
    items.push({
      text: words.look,
      icon: "image",
      onPress: () => navigate(href("/datasets/{id}/look", { id: one.id })),
    });
  if (!may("editor")) return items;
  const { upload } = one;
  if (upload && !transfers.value.some((transfer) => transfer.upload.id === upload.id)) {
    items.push({ text: words.goOn, icon: "play", onPress: () => goOn(one) });
    items.push({ text: words.giveUp, icon: "close", danger: true, onPress: () => giveUp(one, reload) });
  }
  const remove = async () => {
    if (await deleteDataset(one))
      set((all) => all.map((other) => (other.id === one.id ? { ...other, status: "deleting" } : other)));
  };
  if (one.status === "ready" || one.status === "refused")
    items.push({ text: words.remove, icon: "trash", danger: true, onPress: remove });
  return items;
}

async function giveUp(one: Dataset, reload: () => void): Promise<void> {
  const sure = await confirm({
    title: words.giveUpTitle(one.name),
    text: words.giveUpText(one.name),
    action: words.giveUp,
    danger: true,
  });
  if (!sure || !one.upload) return;
  await call("delete", "/v1/uploads/{up}", { path: { up: one.upload.id } });
  reload();
}
