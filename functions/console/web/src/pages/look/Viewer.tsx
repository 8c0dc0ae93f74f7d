import { useEffect, useMemo, useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Dataset, Labels, MapItem, Workspace } from "../../api/types";
import { useLoaded } from "../../live";
import { href, navigate } from "../../router";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { colourOf, scopeOf } from "./colours";
import { Legend } from "./Legend";
import { MapChoice, useMap } from "./MapChoice";
import { Objects } from "./Objects";
import { Stage } from "./Stage";
import { useAhead } from "./pixels";
import { groupsOf, hiddenObjects, useShown } from "./shown";

interface Props {
  dataset: Dataset;
  workspace: Workspace;
  maps: MapItem[];
  image: string;
}

/** One image with its labels drawn over it. */
export function Viewer({ dataset, workspace, maps, image }: Props) {
  const ds = dataset.id;
  const map = useMap();
  const labels = useLoaded(
    (signal) => call("get", "/v1/datasets/{ds}/images/{image}/labels", { path: { ds, image }, query: { map }, signal }),
    [ds, image, map],
  );
  const place = useLoaded((signal) => around(ds, image, signal), [ds, image]);
  const [last, setLast] = useState<Labels>();
  useEffect(() => labels.data && setLast(labels.data), [labels.data]);
  // While another map's labels come, those of the same image stay in sight.
  const found = labels.data ?? (last?.image === image && !labels.problem ? last : undefined);
  const scope = scopeOf(ds, map);
  useClassColours(scope, map);
  const shown = useShown();
  const groups = useMemo(() => groupsOf(found?.objects ?? [], scope), [found, scope]);
  const hidden = useMemo(() => hiddenObjects(found?.objects ?? [], shown.hidden), [found, shown.hidden]);
  const [lit, light] = useState<number | null>(null);

  const query = map ? `?${new URLSearchParams({ map })}` : "";
  const look = href("/datasets/{ds}/look", { ds }) + query;
  const open = (name: string | undefined) =>
    name !== undefined && navigate(`${href("/datasets/{ds}/look/{image}", { ds, image: name })}${query}`);
  const { before, after } = place.data ?? {};
  useAhead(ds, [after, before], place.data?.version ?? "", Boolean(labels.data));
  useKeys({
    ArrowLeft: () => open(before),
    ArrowRight: () => open(after),
    Escape: () => navigate(look),
    ...shown.keys,
  });

  return (
    <Page
      title={image}
      above={[
        [dataset.workspace, href("/workspaces/{ws}", { ws: dataset.workspace })],
        [dataset.name, href("/datasets/{id}", { id: ds })],
        [t.look.title, look],
      ]}
      note={
        place.data && (
          <span role="status">
            {t.look.image(place.data.rank + 1, place.data.total)}
            {found && ` · ${t.look.pixels(found.width, found.height)}`}
          </span>
        )
      }
      actions={
        <>
          <MapChoice maps={maps} workspace={workspace} />
          <Button icon="left" label={t.look.previous} disabled={before === undefined} onPress={() => open(before)} />
          <Button icon="right" label={t.look.next} disabled={after === undefined} onPress={() => open(after)} />
        </>
      }
      full
    >
      {place.problem ? <Problem problem={place.problem} again={place.reload} /> : null}
      <div class="viewer">
        <Stage
          ds={ds}
          image={image}
          version={place.data?.version ?? ""}
          labels={found}
          shown={shown}
          hidden={hidden}
          scope={scope}
          lit={lit}
          light={light}
        />
        <aside class="viewer-side" aria-label={t.look.legend}>
          {labels.problem ? <Problem problem={labels.problem} again={labels.reload} /> : null}
          {found && <Legend groups={groups} labels={found} shown={shown} />}
          {found && found.objects.length > 0 && <Objects labels={found} scope={scope} light={light} />}
          <Keys />
        </aside>
      </div>
    </Page>
  );
}

interface Around {
  rank: number;
  total: number;
  version: string;
  before: string | undefined;
  after: string | undefined;
}

/** Where an image stands among those of its dataset, and those beside it. */
async function around(ds: string, image: string, signal: AbortSignal): Promise<Around> {
  const path = { ds };
  const found = await call("get", "/v1/datasets/{ds}/images", { path, query: { at: image, limit: 1 }, signal });
  const offset = Math.max(0, found.first - 1);
  const { items } = await call("get", "/v1/datasets/{ds}/images", { path, query: { offset, limit: 3 }, signal });
  const index = found.first - offset;
  return {
    rank: found.first,
    total: found.total,
    version: found.version,
    before: index ? items[index - 1]?.name : undefined,
    after: items[index + 1]?.name,
  };
}

/** A map's classes have their colours by their order in the map, whatever an image shows of them. */
function useClassColours(scope: string, map: string): void {
  const classes = useLoaded(
    async (signal) =>
      map ? (await call("get", "/v1/organizations/{org}/maps/{map}", { path: { map }, signal })).class_names : [],
    [map],
  );
  for (const one of classes.data ?? []) colourOf(scope, one.name);
}

function Keys() {
  return (
    <details class="keys">
      <summary>{t.look.keys}</summary>
      <dl class="facts">
        {t.look.keyList.map(([keys, what]) => [
          <dt key={keys}>
            <kbd>{keys}</kbd>
          </dt>,
          <dd key={what}>{what}</dd>,
        ])}
      </dl>
    </details>
  );
}

const TYPED = "input:not([type=checkbox]), select, textarea, [role=tab], [role=menuitem], dialog *, .table-box *";

/** Keys of the whole page, wherever the focus is but for fields, which need them. */
function useKeys(keys: Record<string, () => void>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = keys[event.key] ?? keys[event.key.toLowerCase()];
      const typed = event.target instanceof Element && event.target.matches(TYPED);
      if (!act || typed || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
}
