import { useState } from "preact/hooks";
import type { LabelledObject } from "../../api/types";
import { Store, useStore } from "../../store";
import { t } from "../../texts";
import { colourOf, LEFT_OUT } from "./colours";

/** The key of what no rule takes, which is no name of a class. */
export const OUT = "\0left out";
/** Of what the map ignores, and drops. */
export const IGNORED = "\0ignored";
export const DROPPED = "\0dropped";
const SPECIAL = [IGNORED, DROPPED, OUT];
export const PARTS = ["boxes", "contours", "fills", "names"] as const;
export type Part = (typeof PARTS)[number];
const KEYS: Record<Part, string> = { boxes: "b", contours: "c", fills: "f", names: "n" };

/** Which parts are drawn: the same on every image. */
const parts = new Store<Record<Part, boolean>>({ boxes: true, contours: true, fills: true, names: true });

export interface Shown {
  parts: Record<Part, boolean>;
  flip: (part: Part) => void;
  /** Classes that are not drawn. */
  hidden: ReadonlySet<string>;
  setHidden: (hidden: ReadonlySet<string>) => void;
  keys: Record<string, () => void>;
}

const hiddenClasses = new Store<ReadonlySet<string>>(new Set());

export function useShown(): Shown {
  const [flip] = useState(() => (part: Part) => parts.set({ ...parts.value, [part]: !parts.value[part] }));
  const keys = Object.fromEntries(PARTS.map((part) => [KEYS[part], () => flip(part)]));
  return {
    parts: useStore(parts),
    flip,
    hidden: useStore(hiddenClasses),
    setHidden: (hidden) => hiddenClasses.set(hidden),
    keys,
  };
}

export interface Group {
  key: string;
  name: string;
  number: number | null;
  supercategory: string;
  objects: number;
  colour: string;
}

export function keyOf(object: LabelledObject): string {
  if (object.filter === "ignore") return IGNORED;
  if (object.filter === "drop") return DROPPED;
  return object.class?.name ?? OUT;
}

/** Whether an object is one that a detector learns. */
export function isLearnt(object: LabelledObject): boolean {
  return !SPECIAL.includes(keyOf(object));
}

/** An object's name, with what becomes of it where that is not learning. */
export function saidOf(object: LabelledObject): string {
  const type = object.type ?? t.look.noType;
  if (object.filter === "ignore") return t.look.ignored(object.class?.name ?? type);
  if (object.filter === "drop") return t.look.dropped(type);
  return object.class?.name ?? t.look.out(type);
}

/** The colour of an object: its class' where it is learnt. */
export function colourIn(scope: string, object: LabelledObject): string {
  return isLearnt(object) && object.class ? colourOf(scope, object.class.name) : LEFT_OUT;
}

/** The classes of an image's objects; those that are ignored, dropped and left out last. */
export function groupsOf(objects: LabelledObject[], scope: string): Group[] {
  const groups = new Map<string, Group>();
  for (const object of objects) {
    const key = keyOf(object);
    const known = groups.get(key);
    if (known) {
      known.objects++;
      continue;
    }
    const { name = "", number = null, supercategory = "" } = (isLearnt(object) && object.class) || {};
    groups.set(key, {
      key,
      name,
      number,
      supercategory,
      objects: 1,
      colour: colourIn(scope, object),
    });
  }
  return [...groups.values()].sort(
    (a, b) =>
      SPECIAL.indexOf(a.key) - SPECIAL.indexOf(b.key) ||
      (a.number ?? 0) - (b.number ?? 0) ||
      a.name.localeCompare(b.name),
  );
}

export function hiddenObjects(objects: LabelledObject[], hidden: ReadonlySet<string>): Set<number> {
  return new Set(objects.filter((object) => hidden.has(keyOf(object))).map((object) => object.id));
}
