import { useState } from "preact/hooks";
import { ApiProblem } from "../../api/problem";
import type { AnnotationMap } from "../../api/types";
import { ago } from "../../format";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Changed } from "../../ui/Changed";
import { Dialog } from "../../ui/Dialog";
import { AreaField, TextField } from "../../ui/Field";
import { FileDrop, type PickedFile } from "../../ui/FileDrop";
import { focusFirstError } from "../../ui/focus";
import { nameTwice, pairsOf, tagsOf } from "../../ui/pairs";
import { Problem } from "../../ui/Problem";
import { TagsField } from "../../ui/Tags";
import { CheckedFile } from "./CheckedFile";
import { type MapText, nameOf, readMap, useMapCheck } from "./check";
import { createMap, readMapRow, saveMap } from "./send";

interface Props {
  /** The map that is edited; none for a new one. */
  map?: AnnotationMap;
  onClose: () => void;
  onSaved: (map: AnnotationMap) => void;
}

/** Where a map is made or edited. The file is checked before anything is sent for keeping. */
export function MapDialog({ map: opened, onClose, onSaved }: Props) {
  const [base, setBase] = useState(opened);
  const [newer, setNewer] = useState<AnnotationMap | null>(null);
  const [name, setName] = useState("");
  const [suggested, setSuggested] = useState("");
  const [description, setDescription] = useState(opened?.description ?? "");
  const [tags, setTags] = useState(pairsOf(opened?.tags ?? {}));
  const [file, setFile] = useState<MapText | null>(null);
  const [fileError, setFileError] = useState("");
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const checked = useMapCheck(file?.text);

  const pick = async ([picked]: PickedFile[]) => {
    if (!picked) return;
    setProblem(null);
    setNewer(null);
    try {
      setFile(await readMap(picked.file));
      setFileError("");
      if (name.trim() && name !== suggested) return;
      setName(nameOf(picked.file.name));
      setSuggested(nameOf(picked.file.name));
    } catch (error) {
      setFile(null);
      setFileError((error as Error).message);
    }
  };
  const wrongFile = () => {
    if (!file) return fileError || (base ? "" : t.maps.fileMissing);
    if (!checked.check) return t.maps.fileUnchecked;
    return checked.check.ok ? "" : t.maps.fileBad;
  };
  const twice = nameTwice(tags);
  const send = async (current = base) => {
    setTried(true);
    setProblem(null);
    setNewer(null);
    if (wrongFile() || twice || (!current && !name.trim())) return focusFirstError();
    const wanted = { description, tags: tagsOf(tags), ...(file ? { file: file.text } : {}) };
    try {
      onSaved(
        await (current
          ? saveMap(current, wanted)
          : createMap({ ...wanted, name: name.trim(), file: file?.text ?? "" })),
      );
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (current && error.slug === "changed") return setNewer(await readMapRow(current.name));
      setProblem(error);
      focusFirstError();
    }
  };
  const take = (there: AnnotationMap) => {
    setBase(there);
    setDescription(there.description);
    setTags(pairsOf(there.tags));
    setFile(null);
    setNewer(null);
  };
  const refused = problem?.slug === "bad-map" ? problem.lines() : [];
  const nameError = problem?.slug === "conflict" ? problem.detail : problem?.of("name");
  const atFields = ["name", "description", "tags", "file"].some((field) => problem?.of(field));
  return (
    <Dialog
      wide
      title={base ? t.maps.editOf(base.name) : t.maps.create}
      onClose={onClose}
      onSubmit={() => undefined}
      actions={
        <>
          <Button onPress={onClose}>{t.ui.cancel}</Button>
          <Button kind="primary" type="submit" onPress={() => send()}>
            {base ? t.shared.save : t.shared.create}
          </Button>
        </>
      }
    >
      {newer && base && (
        <Changed
          what={t.maps.what}
          by={newer.updated === base.updated ? "" : t.shared.changedBy(newer.updated_by, ago(newer.updated))}
          onTake={() => take(newer)}
          onKeep={() => send({ ...base, revision: newer.revision })}
        />
      )}
      {problem && !nameError && !atFields && !refused.length && <Problem problem={problem} />}
      <div class="map-form">
        <div class="stack">
          {!base && (
            <TextField
              label={t.maps.name}
              hint={t.maps.nameHint}
              error={nameError || (tried && !name.trim() ? t.shared.nameMissing : "")}
              value={name}
              onValue={(value) => {
                setName(value);
                setProblem(null);
              }}
              maxLength={200}
              required
              spellcheck={false}
            />
          )}
          <FileDrop
            label={base ? t.shared.optional(t.maps.newFile) : t.maps.file}
            accept=".yaml,.yml"
            hint={file?.name ?? (base ? t.maps.newFileHint : t.maps.fileHint)}
            error={fileError || problem?.of("file") || (tried ? wrongFile() : "")}
            onFiles={pick}
          />
        </div>
        {(file || !base) && <CheckedFile file={file} checked={checked} refused={refused} />}
        <div class="stack">
          <AreaField
            label={t.shared.optional(t.shared.description)}
            error={problem?.of("description") ?? ""}
            value={description}
            onValue={setDescription}
            maxLength={2000}
          />
          <TagsField
            label={t.shared.optional(t.shared.tags)}
            pairs={tags}
            onPairs={setTags}
            error={twice ? t.shared.tagTwice(twice) : (problem?.of("tags") ?? "")}
          />
        </div>
      </div>
    </Dialog>
  );
}
