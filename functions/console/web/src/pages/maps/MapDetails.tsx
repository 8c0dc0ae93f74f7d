import { exactTime, time } from "../../format";
import { useLoaded } from "../../live";
import { href, Link } from "../../router";
import { may } from "../../session";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Problem } from "../../ui/Problem";
import { Tabs } from "../../ui/Tabs";
import { Tags } from "../../ui/Tags";
import type { AnnotationMap } from "../../api/types";
import { useMapCheck } from "./check";
import { contentTabs } from "./Contents";
import { downloadMap, readMapFile, readMapRow } from "./send";
import { Versions } from "./Versions";

interface Props {
  name: string;
  /** The view that is shown first. */
  view?: "classes" | "versions";
  onClose: () => void;
  onEdit: (map: AnnotationMap) => void;
}

/** A map to be read: what it is, its classes and rules, its text, its versions. */
export function MapDetails({ name, view = "classes", onClose, onEdit }: Props) {
  const map = useLoaded((signal) => readMapRow(name, signal), [name]);
  const version = map.data?.version ?? "";
  const file = useLoaded(
    async (signal) =>
      version ? new TextDecoder().decode(await (await readMapFile(name, version, signal)).arrayBuffer()) : undefined,
    [name, version],
  );
  const checked = useMapCheck(file.data);
  const found = map.data;
  const contents =
    found && version
      ? contentTabs({
          classes: found.class_names,
          count: found.rules,
          rules: checked.check?.rules,
          file: name,
          text: file.data,
        })
      : [];
  return (
    <Dialog
      wide
      title={name}
      onClose={onClose}
      actions={
        <>
          {version && (
            <Button icon="download" onPress={() => downloadMap(name)}>
              {t.maps.download}
            </Button>
          )}
          {found && may("editor") && (
            <Button icon="edit" onPress={() => onEdit(found)}>
              {t.maps.edit}
            </Button>
          )}
        </>
      }
    >
      <Problem problem={map.problem} again={map.reload} />
      {!found && map.loading && <p class="quiet">{t.shell.loading}</p>}
      {found && <Facts map={found} />}
      <Problem problem={file.problem ?? checked.problem} again={file.reload} />
      {found && (
        <div class="map-contents">
          <Tabs
            label={t.maps.contents}
            first={view}
            tabs={[...contents, { id: "versions", title: t.maps.versions, content: () => <Versions name={name} /> }]}
          />
        </div>
      )}
    </Dialog>
  );
}

function Facts({ map }: { map: AnnotationMap }) {
  return (
    <>
      {map.problems.length > 0 && (
        <div class="problem" role="note">
          <Icon name="failed" />
          <div>
            <strong>{map.status === "refused" ? t.maps.refusedText : t.maps.refusedNewerText}</strong>
            <ul>
              {map.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <dl class="facts">
        {map.description && <dt>{t.shared.description}</dt>}
        {map.description && <dd class="map-description">{map.description}</dd>}
        <dt>{t.maps.usedIn}</dt>
        <dd>
          <UsedIn workspaces={map.used_in} />
        </dd>
        <dt>{t.maps.updated}</dt>
        <dd>
          <time dateTime={map.updated} title={exactTime(map.updated)}>
            {time(map.updated)}
          </time>{" "}
          <span class="quiet">({map.updated_by})</span>
        </dd>
        {Object.keys(map.tags).length > 0 && <dt>{t.shared.tags}</dt>}
        {Object.keys(map.tags).length > 0 && (
          <dd>
            <Tags tags={map.tags} />
          </dd>
        )}
      </dl>
    </>
  );
}

/** Links to workspaces, one after the other. */
export function UsedIn({ workspaces }: { workspaces: string[] }) {
  if (!workspaces.length) return <span class="quiet">{t.maps.usedInNone}</span>;
  return (
    <>
      {workspaces.map((name, index) => (
        <span key={name}>
          {index > 0 && ", "}
          <Link to={href("/workspaces/{ws}", { ws: name })}>{name}</Link>
        </span>
      ))}
    </>
  );
}
