import { useState } from "preact/hooks";
import { call } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import type { Workspace } from "../../api/types";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Changed } from "../../ui/Changed";
import { Dialog } from "../../ui/Dialog";
import { AreaField, TextField } from "../../ui/Field";
import { focusFirstError } from "../../ui/focus";
import { nameTwice, pairsOf, tagsOf } from "../../ui/pairs";
import { Problem } from "../../ui/Problem";
import { TagsField } from "../../ui/Tags";
import { readWorkspace, saveWorkspace } from "./send";

interface Props {
  /** The one that is edited; none for a new one. */
  workspace?: Workspace;
  onClose: () => void;
  onSaved: (workspace: Workspace) => void;
}

/** Where a workspace is made, or its description and tags are edited. */
export function WorkspaceDialog({ workspace, onClose, onSaved }: Props) {
  const [base, setBase] = useState(workspace);
  const [newer, setNewer] = useState<Workspace | null>(null);
  const [name, setName] = useState("");
  const [description, setDescription] = useState(workspace?.description ?? "");
  const [tags, setTags] = useState(pairsOf(workspace?.tags ?? {}));
  const [nameMissing, setNameMissing] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const twice = nameTwice(tags);

  const send = async (current = base) => {
    setProblem(null);
    setNewer(null);
    const missing = !current && !name.trim();
    setNameMissing(missing);
    if (missing || twice) return focusFirstError();
    const wanted = { description, tags: tagsOf(tags) };
    try {
      onSaved(
        await (current
          ? saveWorkspace(current, wanted)
          : call("post", "/v1/organizations/{org}/workspaces", { body: { ...wanted, name: name.trim() } })),
      );
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (current && error.slug === "changed") return setNewer(await readWorkspace(current.name));
      setProblem(error);
      focusFirstError();
    }
  };
  const take = (there: Workspace) => {
    setBase(there);
    setDescription(there.description);
    setTags(pairsOf(there.tags));
    setNewer(null);
  };
  const nameError = nameMissing
    ? t.shared.nameMissing
    : problem?.slug === "conflict"
      ? problem.detail
      : (problem?.of("name") ?? "");
  const atFields = nameError || problem?.of("description") || problem?.of("tags");
  return (
    <Dialog
      title={base ? t.workspaces.editOf(base.name) : t.workspaces.create}
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
          what={t.workspaces.what}
          onTake={() => take(newer)}
          onKeep={() => send({ ...base, revision: newer.revision })}
        />
      )}
      {!atFields && <Problem problem={problem} />}
      {!base && (
        <TextField
          label={t.workspaces.name}
          hint={t.workspaces.nameHint}
          error={nameError}
          value={name}
          onValue={(value) => {
            setName(value);
            setNameMissing(false);
            setProblem(null);
          }}
          maxLength={200}
          required
          spellcheck={false}
        />
      )}
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
      {!base && <p class="quiet">{t.workspaces.afterwards}</p>}
    </Dialog>
  );
}
