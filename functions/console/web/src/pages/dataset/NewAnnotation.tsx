import { useState } from "preact/hooks";
import { call } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import type { Annotation, Dataset } from "../../api/types";
import { useLoaded } from "../../live";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SelectField } from "../../ui/Field";
import { Problem } from "../../ui/Problem";
import { OptionFields } from "./OptionFields";
import { optionsOf, valuesOf } from "./options";

const words = t.dataset;

interface Props {
  dataset: Dataset;
  onClose: () => void;
  onMade: (made: Annotation) => void;
}

/** Ask for the dataset in a format, under an included map or none. */
export function NewAnnotation({ dataset, onClose, onMade }: Props) {
  const ws = dataset.workspace;
  const formats = useLoaded((signal) => call("get", "/v1/formats", { signal }), []);
  const resources = useLoaded((signal) => call("get", "/v1/workspaces/{ws}/resources", { path: { ws }, signal }), [ws]);
  const [chosenFormat, setFormat] = useState("");
  const [map, setMap] = useState("");
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const format = formats.data?.items.find((one) => one.id === chosenFormat) ?? formats.data?.items[0];
  const options = format ? optionsOf(format) : [];
  const { included = [], available = [] } = resources.data ?? {};
  const maps = included.includes("*") ? available : included;

  const create = async () => {
    if (busy || !format) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const body = {
        format: format.id as never,
        map: map || null,
        options: valuesOf(options, chosen),
        tags: {},
        force: false,
      };
      onMade(await call("post", "/v1/datasets/{ds}/annotations", { path: { ds: dataset.id }, body }));
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const errorOf = (field: string) => (problem instanceof ApiProblem ? problem.of(field) : "");
  const shown = options.some((option) => errorOf(`options.${option.name}`)) ? undefined : problem;
  return (
    <Dialog
      title={words.add}
      onClose={onClose}
      onSubmit={create}
      actions={
        <>
          <Button onPress={onClose}>{t.ui.cancel}</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={!format || !resources.data || busy}
            aria-busy={busy || undefined}
          >
            {words.create}
          </Button>
        </>
      }
    >
      <Problem problem={formats.problem ?? resources.problem} />
      <SelectField
        label={words.format}
        value={format?.id ?? ""}
        onValue={setFormat}
        options={(formats.data?.items ?? []).map(({ id, name }) => ({ value: id, text: name }))}
        hint={format && words.formatHint(format.task, format.holds.join(", "))}
        error={errorOf("format")}
      />
      <SelectField
        label={words.map}
        value={map}
        onValue={setMap}
        options={[{ value: "", text: words.noMap }, ...maps.map((name) => ({ value: name, text: name }))]}
        hint={resources.data && !maps.length ? words.noMaps : words.mapHint}
        error={errorOf("map")}
      />
      {options.length > 0 && (
        <details class="options" open={options.some((option) => errorOf(`options.${option.name}`)) || undefined}>
          <summary>{words.options}</summary>
          <OptionFields
            options={options}
            chosen={chosen}
            onChosen={setChosen}
            errorOf={(name) => errorOf(`options.${name}`)}
          />
        </details>
      )}
      <Problem problem={shown} />
    </Dialog>
  );
}
