import { useState } from "preact/hooks";
import { call, onePage } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import { useLoaded } from "../../live";
import { href, Link } from "../../router";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";

const SHOWN = 5;

/** Asks whether a workspace is to go; where it has datasets, says which instead. */
export function DeleteWorkspace({
  name,
  onClose,
  onDeleted,
}: {
  name: string;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const first = useLoaded(
    (signal) => onePage("/v1/workspaces/{ws}/datasets", { path: { ws: name }, query: { limit: SHOWN }, signal }),
    [name],
  );
  const [refused, setRefused] = useState<string[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  const datasets = refused.length ? refused : (first.data?.items.map((dataset) => dataset.name) ?? []);
  const shown = first.data?.next ? t.workspaces.andMore(datasets) : datasets.join(", ");
  const send = async () => {
    setProblem(null);
    try {
      await call("delete", "/v1/workspaces/{ws}", { path: { ws: name } });
      onDeleted();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.slug === "not-found") return onDeleted();
      if (error.slug === "workspace-not-empty") setRefused(error.errors.map((reason) => reason.message));
      else setProblem(error);
    }
  };
  const inUse = datasets.length > 0;
  return (
    <Dialog
      title={inUse ? t.workspaces.inUseTitle(name) : t.workspaces.deleteTitle(name)}
      onClose={onClose}
      actions={
        inUse ? (
          <Button kind="primary" onPress={onClose}>
            {t.ui.close}
          </Button>
        ) : (
          <>
            <Button onPress={onClose}>{t.ui.cancel}</Button>
            <Button kind="danger" disabled={!first.data} onPress={send}>
              {t.shared.deleteNow}
            </Button>
          </>
        )
      }
    >
      <Problem problem={first.problem ?? problem} />
      {!inUse && <p>{first.data ? t.workspaces.deleteText : t.shell.loading}</p>}
      {inUse && (
        <div class="stack">
          <p>{t.workspaces.inUse(shown)}</p>
          <p class="quiet">{t.workspaces.inUseHow}</p>
          <p>
            <Link to={href("/workspaces/{ws}", { ws: name })}>{t.workspaces.toDatasets}</Link>
          </p>
        </div>
      )}
    </Dialog>
  );
}
