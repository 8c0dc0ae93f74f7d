import { useEffect, useState } from "preact/hooks";
import type { Dataset, MapItem, Workspace } from "../../api/types";
import { href, setQuery, useQuery } from "../../router";
import { t } from "../../texts";
import { Empty } from "../../ui/Empty";
import { TextField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Tabs } from "../../ui/Tabs";
import { Effect } from "./Effect";
import { Grid } from "./Grid";
import { useImages } from "./images";
import { MapChoice, useMap } from "./MapChoice";
import { Numbers } from "./Numbers";

const TYPING_MS = 250;

interface Props {
  dataset: Dataset;
  workspace: Workspace;
  maps: MapItem[];
}

/** All images of a dataset, its numbers, and what a map does to it. */
export function Browse({ dataset, workspace, maps }: Props) {
  const map = useMap();
  const above: [string, string][] = [
    [dataset.workspace, href("/workspaces/{ws}", { ws: dataset.workspace })],
    [dataset.name, href("/datasets/{id}", { id: dataset.id })],
  ];
  return (
    <Page title={t.look.of(dataset.name)} above={above} actions={<MapChoice maps={maps} workspace={workspace} />} full>
      <div class="look">
        <Tabs
          label={t.look.views}
          tabs={[
            { id: "images", title: t.look.images, content: () => <Pictures dataset={dataset} /> },
            { id: "numbers", title: t.look.numbers, content: () => <Numbers ds={dataset.id} map={map} /> },
            { id: "effect", title: t.look.effect, content: () => <Effect ds={dataset.id} map={map} maps={maps} /> },
          ]}
        />
      </div>
    </Page>
  );
}

function Pictures({ dataset }: { dataset: Dataset }) {
  const query = useQuery();
  const begins = query.get("name") ?? "";
  const [typed, setTyped] = useState(begins);
  useEffect(() => {
    const timer = setTimeout(() => typed !== begins && setQuery({ name: typed }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const images = useImages(dataset.id, begins);
  if (images.problem) return <Problem problem={images.problem} again={images.reload} />;
  const map = query.get("map");
  return (
    <div class="pictures">
      <div class="row pictures-head">
        <TextField label={t.look.search} type="search" placeholder={t.look.search} value={typed} onValue={setTyped} />
        <p class="quiet" role="status">
          {images.total === undefined ? t.shell.loading : t.look.imageCount(images.total)}
        </p>
      </div>
      {images.total === 0 ? (
        <Empty icon="image" title={begins ? t.look.noneFound : t.look.noImages}>
          {!begins && <p>{t.look.noImagesText}</p>}
        </Empty>
      ) : (
        <Grid
          ds={dataset.id}
          images={images}
          query={map ? `?${new URLSearchParams({ map })}` : ""}
          scope={`${dataset.id} ${begins}`}
        />
      )}
    </div>
  );
}
