import { all } from "../../api/call";
import type { MapItem, Workspace } from "../../api/types";
import { useLoaded } from "../../live";
import { setQuery, useQuery } from "../../router";
import { t } from "../../texts";
import { SelectField } from "../../ui/Field";

/** The map that was chosen; it stands in the address. Empty where types are classes. */
export function useMap(): string {
  return useQuery().get("map") ?? "";
}

/** Maps of the organization that are in force, those that the workspace includes first. */
export function useMaps(workspace: Workspace | undefined): MapItem[] | undefined {
  const maps = useLoaded((signal) => all("/v1/organizations/{org}/maps", { signal }), []);
  return maps.data
    ?.filter((map) => map.status === "ready")
    .sort((a, b) => Number(isIncluded(b.name, workspace)) - Number(isIncluded(a.name, workspace)));
}

function isIncluded(name: string, workspace: Workspace | undefined): boolean {
  const included = workspace?.included_maps ?? [];
  return included.includes("*") || included.includes(name);
}

export function MapChoice({ maps, workspace }: { maps: MapItem[]; workspace: Workspace | undefined }) {
  const chosen = useMap();
  const options = maps.map(({ name }) => ({
    value: name,
    text: workspace && !isIncluded(name, workspace) ? `${name} (${t.look.notIncluded})` : name,
  }));
  if (chosen && !maps.some((map) => map.name === chosen)) options.push({ value: chosen, text: chosen });
  return (
    <div class="look-map">
      <SelectField
        label={t.look.map}
        value={chosen}
        onValue={(map) => setQuery({ map })}
        options={[{ value: "", text: t.look.noMap }, ...options]}
      />
    </div>
  );
}
