import { t } from "../../../texts";
import type { PickedFile } from "../../../ui/FileDrop";
import { archiveSource, folderSource, type Source, SUFFIXES } from "./source";

const FOLDERS = ["annotations", "metadata", "images", "masks"];
const words = t.datasets;

/** What was picked, as datasets; and why the rest can't be one. */
export interface Picked {
  sources: Source[];
  problems: string[];
}

/** Archives are datasets by themselves; files in folders belong to the folder in which they were picked. */
export function readPicked(files: PickedFile[]): Picked {
  const sources: Source[] = [];
  const problems: string[] = [];
  const folders = new Map<string, PickedFile[]>();
  for (const one of files) {
    const [top = ""] = one.path.split("/");
    if (top === one.path) {
      const suffix = SUFFIXES.find((ending) => top.toLowerCase().endsWith(ending));
      if (!suffix) problems.push(words.noArchive(top));
      else if (!one.file.size) problems.push(words.emptyFile(top));
      else sources.push(archiveSource(one.file, top.slice(0, -suffix.length), suffix));
      continue;
    }
    const folder = FOLDERS.includes(top) ? "" : top;
    const inside = folders.get(folder);
    if (inside) inside.push(one);
    else folders.set(folder, [one]);
  }
  for (const [folder, inside] of folders) {
    const members = membersOf(inside);
    if (members.length) sources.push(folderSource(folder || words.unnamed, members));
    else problems.push(words.noDataset(folder));
  }
  return { sources, problems };
}

/** The files of a dataset's folders, named from where these folders lie. */
function membersOf(files: PickedFile[]): { name: string; file: File }[] {
  for (const marker of FOLDERS) {
    const depths = files.map(({ path }) => path.split("/").slice(0, -1).indexOf(marker)).filter((depth) => depth >= 0);
    if (!depths.length) continue;
    const depth = depths.reduce((least, one) => Math.min(least, one));
    return files
      .map(({ path, file }) => ({ name: path.split("/").slice(depth).join("/"), file }))
      .filter(({ name }) => FOLDERS.some((folder) => name.startsWith(`${folder}/`)));
  }
  return [];
}
