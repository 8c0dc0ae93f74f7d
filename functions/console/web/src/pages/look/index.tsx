import { call } from "../../api/call";
import { useLoaded } from "../../live";
import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Browse } from "./Browse";
import { useMaps } from "./MapChoice";
import { Viewer } from "./Viewer";

/** What a dataset holds: all of it, or one image. */
export default function Look({ params }: PageProps) {
  const ds = params["id"] ?? "";
  const found = useLoaded(
    async (signal) => {
      const dataset = await call("get", "/v1/datasets/{ds}", { path: { ds }, signal });
      return {
        dataset,
        workspace: await call("get", "/v1/workspaces/{ws}", { path: { ws: dataset.workspace }, signal }),
      };
    },
    [ds],
  );
  const maps = useMaps(found.data?.workspace);
  if (!found.data || !maps) {
    return (
      <Page title={t.look.title} full>
        {found.problem ? (
          <Problem problem={found.problem} again={found.reload} />
        ) : (
          <p class="quiet">{t.shell.loading}</p>
        )}
      </Page>
    );
  }
  const shown = { ...found.data, maps };
  return params["image"] ? <Viewer {...shown} image={params["image"]} /> : <Browse {...shown} />;
}
