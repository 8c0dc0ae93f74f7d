import { useRef, useState } from "preact/hooks";
import { t } from "../texts";
import { Icon } from "./Icon";
import { useName } from "./id";

/** A file that was chosen or dropped; `path` has the folders in which it lay. */
export interface PickedFile {
  path: string;
  file: File;
}

interface Props {
  label: string;
  /** Ends of names that are offered: `.yaml,.yml`. */
  accept?: string;
  multiple?: boolean;
  /** Offer a whole folder, too. */
  folder?: boolean;
  hint?: string;
  error?: string;
  onFiles: (files: PickedFile[]) => void;
}

/** Where files are chosen or dropped. */
export function FileDrop({ label, accept, multiple, folder, hint, error, onFiles }: Props) {
  const [over, setOver] = useState(false);
  const folderInput = useRef<HTMLInputElement>(null);
  const id = useName("files");
  const picked = (list: FileList | null) => {
    const files = [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    if (files.length) onFiles(files);
  };
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const found = await droppedFiles(event);
    if (found.length) onFiles(multiple || folder ? found : found.slice(0, 1));
  };
  return (
    <div
      class={`drop ${over ? "over" : ""} ${error ? "wrong" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" />
      <div>
        <span class="drop-label" id={`${id}-label`}>
          {label}
        </span>
        <div class="drop-ways">
          <label class="button" for={id}>
            {multiple ? t.ui.chooseFiles : t.ui.chooseFile}
          </label>
          <input
            class="unseen"
            id={id}
            type="file"
            accept={accept}
            multiple={multiple}
            aria-label={label}
            aria-describedby={hint || error ? `${id}-said` : undefined}
            aria-invalid={error ? true : undefined}
            onChange={(event) => {
              picked(event.currentTarget.files);
              event.currentTarget.value = ""; // the same file may be chosen again
            }}
          />
          {folder && (
            <>
              <button type="button" class="button" onClick={() => folderInput.current?.click()}>
                {t.ui.chooseFolder}
              </button>
              <input
                ref={folderInput}
                hidden
                type="file"
                {...{ webkitdirectory: true }}
                aria-label={t.ui.chooseFolder}
                onChange={(event) => {
                  picked(event.currentTarget.files);
                  event.currentTarget.value = "";
                }}
              />
            </>
          )}
          <span class="quiet">{t.ui.orDrop}</span>
        </div>
        {(hint || error) && (
          <div id={`${id}-said`} class={error ? "field-error" : "field-hint"}>
            {error || hint}
          </div>
        )}
      </div>
    </div>
  );
}

/** All files that were dropped, those in folders among them. */
export async function droppedFiles(event: DragEvent): Promise<PickedFile[]> {
  const entries = [...(event.dataTransfer?.items ?? [])]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const found: PickedFile[] = [];
  for (const entry of entries) for await (const file of filesOf(entry)) found.push(file);
  return found;
}

/** All files below something that was dropped. */
async function* filesOf(entry: FileSystemEntry): AsyncGenerator<PickedFile> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, broken) => (entry as FileSystemFileEntry).file(done, broken));
    yield { path: entry.fullPath.replace(/^\//, ""), file };
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader answers with a hundred entries at a time, and with none at the end.
    const some = await new Promise<FileSystemEntry[]>((done, broken) => reader.readEntries(done, broken));
    if (!some.length) return;
    for (const child of some) yield* filesOf(child);
  }
}
