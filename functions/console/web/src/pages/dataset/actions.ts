import { call } from "../../api/call";
import type { Annotation } from "../../api/types";
import { href, navigate } from "../../router";
import { may } from "../../session";
import { t } from "../../texts";
import { confirm } from "../../ui/Confirm";
import type { MenuItem } from "../../ui/Menu";
import { toast } from "../../ui/Toast";
import { download } from "../datasets/upload/uploads";
import { isOpen, nameOf } from "./names";

const words = t.dataset;

export interface Around {
  /** Show what is now, before the service is asked again. */
  set: (change: (items: Annotation[]) => Annotation[]) => void;
  reload: () => void;
}

export async function downloadAnnotation(one: Annotation): Promise<void> {
  download((await call("get", "/v1/annotations/{id}/download", { path: { id: one.id } })).url);
}

/** Put an annotation where it stood, or in front where it is new. */
export function withAnnotation(items: Annotation[], one: Annotation): Annotation[] {
  return items.some((other) => other.id === one.id)
    ? items.map((other) => (other.id === one.id ? one : other))
    : [one, ...items];
}

/** What can be done with an annotation. */
export function itemsOf(one: Annotation, around: Around): MenuItem[] {
  const items: MenuItem[] = [];
  const whole = one.status === "complete";
  if (whole || (one.status === "failed" && one.size_bytes > 0))
    items.push({
      text: whole ? words.downloadIt : words.downloadRest,
      icon: "download",
      onPress: () => downloadAnnotation(one),
    });
  items.push({ text: words.log, icon: "log", onPress: () => navigate(href("/annotations/{id}/log", { id: one.id })) });
  if (one.size_bytes > 0)
    items.push({
      text: words.report,
      icon: "report",
      onPress: () => navigate(href("/annotations/{id}/report", { id: one.id })),
    });
  if (!may("editor")) return items;
  if (isOpen(one))
    items.push({ text: words.cancel, icon: "cancelled", danger: true, onPress: () => cancel(one, around) });
  else {
    items.push({ text: words.redo, icon: "play", onPress: () => redo(one, around) });
    items.push({ text: words.removeIt, icon: "trash", danger: true, onPress: () => remove(one, around) });
  }
  return items;
}

async function cancel(one: Annotation, { set, reload }: Around): Promise<void> {
  const now = await call("post", "/v1/annotations/{id}/cancel", { path: { id: one.id } });
  set((items) => withAnnotation(items, now));
  if (isOpen(now)) toast(words.cancelled);
  reload();
}

async function redo(one: Annotation, { set, reload }: Around): Promise<void> {
  const body = { format: one.format as never, map: one.map || null, options: one.options, tags: one.tags, force: true };
  const made = await call("post", "/v1/datasets/{ds}/annotations", { path: { ds: one.dataset_id }, body });
  set((items) => withAnnotation(items, made));
  toast(words.redone(nameOf(one)));
  reload();
}

async function remove(one: Annotation, { set, reload }: Around): Promise<void> {
  const sure = await confirm({
    title: words.removeTitle(nameOf(one)),
    text: words.removeText,
    action: words.removeIt,
    danger: true,
  });
  if (!sure) return;
  await call("delete", "/v1/annotations/{id}", { path: { id: one.id } });
  set((items) => items.filter((other) => other.id !== one.id));
  toast(words.removed(nameOf(one)));
  reload();
}
