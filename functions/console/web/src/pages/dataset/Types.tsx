import { useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Dataset } from "../../api/types";
import { number } from "../../format";
import { useLoaded } from "../../live";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { BarChart } from "../../ui/Chart";
import { Problem } from "../../ui/Problem";

const words = t.dataset;
const FIRST = 12;

/** The types of a dataset's objects, with how many there are of each. */
export function Types({ dataset }: { dataset: Dataset }) {
  const { id: ds, version } = dataset;
  const found = useLoaded((signal) => call("get", "/v1/datasets/{ds}/types", { path: { ds }, signal }), [ds, version]);
  const [all, setAll] = useState(false);
  const { images = 0, images_read: read = 0, types = [] } = found.data ?? {};
  const shown = all ? types : types.slice(0, FIRST);
  return (
    <section class="card types" aria-label={words.types}>
      {!types.length && <h2>{words.types}</h2>}
      {found.loading && !found.data && <p class="quiet">{words.countingTypes}</p>}
      <Problem problem={found.problem} again={found.reload} />
      {found.data && !types.length && <p class="quiet">{words.noTypes}</p>}
      {types.length > 0 && (
        <BarChart
          title={words.typesTitle(types.length)}
          bars={shown.map(({ type, objects }) => ({ label: type, value: objects }))}
        />
      )}
      {types.length > FIRST && (
        <Button kind="quiet" onPress={() => setAll(!all)}>
          {all ? words.fewerTypes(FIRST) : words.allTypes(types.length)}
        </Button>
      )}
      {found.data && read < images && <p class="quiet">{words.typesOf(number(read), number(images))}</p>}
    </section>
  );
}
