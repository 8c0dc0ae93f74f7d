import { useState } from "preact/hooks";
import { ApiProblem } from "../../api/problem";
import type { Dataset } from "../../api/types";
import { bytes } from "../../format";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { FileDrop, type PickedFile } from "../../ui/FileDrop";
import { Problem } from "../../ui/Problem";
import { readPicked } from "./upload/picked";
import type { Source } from "./upload/source";
import { startUpload } from "./upload/uploads";

const words = t.datasets;

interface Chosen {
  source: Source;
  name: string;
  error: string;
}

interface Props {
  workspace: string;
  /** What was dropped on the page already. */
  dropped: PickedFile[];
  /** The dataset whose upload is to go on. */
  goOn: Dataset | undefined;
  onClose: () => void;
  onBegun: () => void;
}

/** Choose what to upload and how it is called; it goes on below the dialog. */
export function UploadDialog({ workspace, dropped, goOn, onClose, onBegun }: Props) {
  const [start] = useState(() => readPicked(dropped));
  const [chosen, setChosen] = useState<Chosen[]>(start.sources.map(chosenOf));
  const [problems, setProblems] = useState(start.problems);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const pick = (files: PickedFile[]) => {
    const { sources, problems: wrong } = readPicked(files);
    setProblems(wrong);
    setProblem(undefined);
    if (!goOn) return setChosen((old) => [...old, ...sources.map(chosenOf)]);
    const expected = goOn.upload?.size_bytes ?? 0;
    const [source] = sources;
    if (source && source.size !== expected)
      setProblems([...wrong, words.otherFile(bytes(expected), bytes(source.size))]);
    else if (source) setChosen([{ source, name: goOn.name, error: "" }]);
  };
  const change = (index: number, values: Partial<Chosen>) => {
    setChosen((old) => old.map((one, at) => (at === index ? { ...one, ...values } : one)));
  };
  const send = async () => {
    if (busy || !chosen.length) return;
    const twice = chosen.map(({ name }, index) =>
      chosen.findIndex((one) => one.name === name) < index ? words.twice : "",
    );
    setChosen(chosen.map((one, index) => ({ ...one, error: twice[index] ?? "" })));
    if (twice.some(Boolean)) return;
    setBusy(true);
    setProblem(undefined);
    const left: Chosen[] = [];
    for (const one of chosen) {
      try {
        await startUpload(workspace, one.name, one.source);
      } catch (error) {
        const named = error instanceof ApiProblem ? error.of("name") : "";
        left.push({ ...one, error: named });
        if (!named) setProblem(error);
      }
    }
    if (left.length < chosen.length) onBegun();
    setBusy(false);
    if (left.length) setChosen(left);
    else onClose();
  };

  return (
    <Dialog
      title={goOn ? words.goOnWith(goOn.name) : words.uploadTitle}
      onClose={onClose}
      onSubmit={send}
      actions={
        <>
          <Button onPress={onClose}>{t.ui.cancel}</Button>
          <Button kind="primary" type="submit" disabled={!chosen.length || busy} aria-busy={busy || undefined}>
            {words.upload}
          </Button>
        </>
      }
    >
      {goOn && <p>{words.goOnText(goOn.name, bytes(goOn.upload?.size_bytes ?? 0))}</p>}
      <FileDrop
        label={words.pick}
        accept=".zip,.tar,.tar.gz,.tgz,.gz"
        multiple={!goOn}
        folder
        hint={goOn ? "" : words.pickHint}
        error={problems.join(" · ")}
        onFiles={pick}
      />
      {!goOn &&
        chosen.map((one, index) => (
          <div class="upload-chosen" key={index}>
            <TextField
              label={chosen.length > 1 ? words.nameOf(`${one.source.name}${one.source.suffix}`) : words.name}
              value={one.name}
              error={one.error}
              hint={`${words.picked(one.source.files, bytes(one.source.size))}. ${index ? "" : words.nameHint}`}
              onValue={(name) => change(index, { name, error: "" })}
            />
            <Button
              icon="close"
              kind="quiet"
              label={words.leaveOut(one.name)}
              onPress={() => setChosen(chosen.filter((other) => other !== one))}
            />
          </div>
        ))}
      {goOn &&
        chosen.map((one) => (
          <p
            key="one"
            class="quiet"
          >{`${one.source.name}${one.source.suffix}: ${words.picked(one.source.files, bytes(one.source.size))}`}</p>
        ))}
      <Problem problem={problem} />
    </Dialog>
  );
}

function chosenOf(source: Source): Chosen {
  return { source, name: source.name, error: "" };
}
