import { useState } from "preact/hooks";
import { all, call } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import type { Format, Workspace } from "../../api/types";
import { useLoaded } from "../../live";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Changed } from "../../ui/Changed";
import { CheckList } from "../../ui/CheckList";
import { Dialog } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";
import { toast } from "../../ui/Toast";
import { chosenOf, optionsOf, valuesOf } from "../dataset/options";
import { autoFormat, formatOf, optionsIn } from "./auto";
import { AutoOptions } from "./AutoOptions";
import { MapColumns } from "./MapColumns";
import { ALL_MAPS, MOST_NAMED, readWorkspace, saveResources } from "./send";

interface Props {
  /** Name of the workspace. */
  workspace: string;
  onClose: () => void;
  onSaved?: () => void;
}

interface Found {
  workspace: Workspace;
  maps: string[];
  formats: Format[];
}

/** Which maps may be used in a workspace, and which formats are made by themselves. */
export function ResourcesDialog({ workspace, onClose, onSaved }: Props) {
  const found = useLoaded((signal) => load(workspace, signal), [workspace]);
  if (found.data)
    return (
      <Form
        key={found.data.workspace.revision}
        found={found.data}
        reload={found.reload}
        onClose={onClose}
        {...(onSaved ? { onSaved } : {})}
      />
    );
  return (
    <Dialog wide title={t.workspaces.resourcesOf(workspace)} onClose={onClose}>
      <Problem problem={found.problem} again={found.reload} />
      {found.loading && <p class="quiet">{t.shell.loading}</p>}
    </Dialog>
  );
}

async function load(ws: string, signal: AbortSignal): Promise<Found> {
  const [workspace, maps, formats] = await Promise.all([
    readWorkspace(ws, signal),
    all("/v1/organizations/{org}/maps", { signal }),
    call("get", "/v1/formats", { signal }),
  ]);
  return { workspace, maps: maps.map((map) => map.name), formats: formats.items };
}

function Form({
  found,
  reload,
  onClose,
  onSaved,
}: {
  found: Found;
  reload: () => void;
  onClose: () => void;
  onSaved?: () => void;
}) {
  const [base, setBase] = useState(found.workspace);
  const includesAll = base.included_maps.includes(ALL_MAPS);
  const [every, setEvery] = useState(includesAll);
  const [named, setNamed] = useState(includesAll ? found.maps : base.included_maps);
  const [formats, setFormats] = useState<ReadonlySet<string>>(new Set(base.auto_formats.map(formatOf)));
  const [chosen, setChosen] = useState(
    Object.fromEntries(base.auto_formats.map((one) => [formatOf(one), chosenOf(optionsIn(one))])),
  );
  const auto = found.formats.filter(({ id }) => formats.has(id));
  const [newer, setNewer] = useState<Workspace | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const tooMany = !every && named.length > MOST_NAMED;
  const known = new Set([...found.maps, ...base.included_maps.filter((name) => name !== ALL_MAPS)]);

  const send = async (current = base) => {
    setProblem(null);
    setNewer(null);
    if (tooMany) return;
    const wanted = auto.map((format) => autoFormat(format.id, valuesOf(optionsOf(format), chosen[format.id] ?? {})));
    try {
      await saveResources(current, every ? [ALL_MAPS] : named, wanted, setBase);
      toast(t.workspaces.resourcesSaved(base.name));
      onSaved?.();
      onClose();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.slug === "changed") return setNewer(await readWorkspace(base.name));
      setProblem(error);
    }
  };
  return (
    <Dialog
      wide
      title={t.workspaces.resourcesOf(base.name)}
      onClose={onClose}
      onSubmit={() => undefined}
      actions={
        <>
          <Button onPress={onClose}>{t.ui.cancel}</Button>
          <Button kind="primary" type="submit" onPress={() => send()}>
            {t.shared.save}
          </Button>
        </>
      }
    >
      {newer && (
        <Changed what={t.workspaces.what} onTake={reload} onKeep={() => send({ ...base, revision: newer.revision })} />
      )}
      <Problem problem={problem} />
      <fieldset class="choice">
        <legend>{t.workspaces.whichMaps}</legend>
        <Radio
          checked={every}
          onPick={() => setEvery(true)}
          text={t.workspaces.everyMap}
          note={t.workspaces.everyMapNow(found.maps.length)}
        />
        <Radio checked={!every} onPick={() => setEvery(false)} text={t.workspaces.chosenMaps} />
      </fieldset>
      {!every && <MapColumns names={[...known].sort(byName)} included={named} onIncluded={setNamed} />}
      {tooMany && (
        <div class="field-error" role="alert">
          {t.workspaces.tooMany(MOST_NAMED)}
        </div>
      )}
      <CheckList
        label={t.workspaces.autoFormats}
        hint={t.workspaces.autoFormatsHint}
        error={problem?.slug === "bad-options" ? "" : (problem?.of("auto_formats") ?? "")}
        choices={found.formats.map((format) => ({ value: format.id, text: format.name, note: format.task }))}
        chosen={formats}
        onChosen={setFormats}
      />
      <AutoOptions
        formats={auto}
        chosen={chosen}
        onChosen={(format, now) => setChosen((old) => ({ ...old, [format]: now }))}
        errorOf={(place, option) => problem?.of(`auto_formats.${place}.options.${option}`) ?? ""}
      />
    </Dialog>
  );
}

const words = new Intl.Collator("en", { numeric: true });
const byName = (one: string, other: string) => words.compare(one, other);

function Radio({ checked, onPick, text, note }: { checked: boolean; onPick: () => void; text: string; note?: string }) {
  return (
    <label>
      <input type="radio" name="which-maps" checked={checked} onChange={onPick} />
      <span>
        {text}
        {note && <span class="quiet"> {note}</span>}
      </span>
    </label>
  );
}
