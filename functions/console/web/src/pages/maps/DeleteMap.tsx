import { useState } from "preact/hooks";
import { call } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import { useLoaded } from "../../live";
import { href, Link } from "../../router";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";
import { readMapRow } from "./send";

/** Asks whether a map is to go; where workspaces include it, says which instead. */
export function DeleteMap({ name, onClose, onDeleted }: { name: string; onClose: () => void; onDeleted: () => void }) {
  const map = useLoaded((signal) => readMapRow(name, signal), [name]);
  const [includedBy, setIncludedBy] = useState<string[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  const found = map.data;
  const workspaces = includedBy.length ? includedBy : (found?.used_in ?? []);
  const send = async () => {
    setProblem(null);
    try {
      await call("delete", "/v1/organizations/{org}/maps/{map}", {
        path: { map: name },
        ...(found ? { revision: found.revision } : {}),
      });
      onDeleted();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.slug === "not-found") return onDeleted();
      if (error.slug === "changed") map.reload();
      if (error.slug === "map-in-use") setIncludedBy(error.errors.map((reason) => reason.message));
      else setProblem(error);
    }
  };
  const inUse = workspaces.length > 0;
  return (
    <Dialog
      title={inUse ? t.maps.inUseTitle(name) : t.maps.deleteTitle(name)}
      onClose={onClose}
      actions={
        inUse ? (
          <Button kind="primary" onPress={onClose}>
            {t.ui.close}
          </Button>
        ) : (
          <>
            <Button onPress={onClose}>{t.ui.cancel}</Button>
            <Button kind="danger" disabled={!found} onPress={send}>
              {t.shared.deleteNow}
            </Button>
          </>
        )
      }
    >
      <Problem problem={map.problem ?? problem} />
      {!inUse && <p>{t.maps.deleteText}</p>}
      {inUse && (
        <div class="stack">
          <p>{t.maps.inUse(workspaces.length)}</p>
          <ul class="plain-list">
            {workspaces.map((workspace) => (
              <li key={workspace}>
                <Link to={`${href("/workspaces")}?${new URLSearchParams({ resources: workspace })}`}>
                  {t.maps.resourcesOf(workspace)}
                </Link>
              </li>
            ))}
          </ul>
          <p class="quiet">{t.maps.inUseHow}</p>
        </div>
      )}
    </Dialog>
  );
}
