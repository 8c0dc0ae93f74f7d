import type { MapItem } from "../../api/types";
import { ago, exactTime, number } from "../../format";
import { t } from "../../texts";
import { Icon } from "../../ui/Icon";
import type { Column } from "../../ui/Table";

/** What the table of maps shows, but for the actions. */
export function mapColumns(open: (map: MapItem) => void): Column<MapItem>[] {
  return [
    {
      id: "name",
      title: t.maps.name,
      cell: (map) => (
        <span class="named">
          <button type="button" class="link" title={map.name} onClick={() => open(map)}>
            {map.name}
          </button>
          <Refused map={map} />
        </span>
      ),
      sort: (map) => map.name,
    },
    {
      id: "description",
      title: t.shared.description,
      least: 860,
      width: "22%",
      cell: (map) => <span title={map.description}>{map.description}</span>,
      sort: (map) => map.description,
    },
    {
      id: "classes",
      title: t.maps.classes,
      least: 460,
      width: "6.2rem",
      numeric: true,
      cell: (map) => number(map.classes),
      sort: (map) => map.classes,
    },
    {
      id: "rules",
      title: t.maps.rules,
      least: 460,
      width: "5.4rem",
      numeric: true,
      cell: (map) => number(map.rules),
      sort: (map) => map.rules,
    },
    {
      id: "used",
      title: t.maps.usedIn,
      least: 620,
      width: "13%",
      cell: (map) =>
        map.used_in.length ? (
          <span title={map.used_in.join("\n")}>{map.used_in.join(", ")}</span>
        ) : (
          <span class="quiet">{t.maps.usedInNone}</span>
        ),
      sort: (map) => map.used_in.length,
    },
    {
      id: "updated",
      title: t.maps.updated,
      least: 800,
      width: "10.5rem",
      cell: (map) => (
        <time dateTime={map.updated} title={exactTime(map.updated)}>
          {ago(map.updated)}
        </time>
      ),
      sort: (map) => map.updated,
    },
    {
      id: "by",
      title: t.maps.updatedBy,
      least: 1120,
      width: "9rem",
      cell: (map) => <span title={map.updated_by}>{map.updated_by}</span>,
      sort: (map) => map.updated_by,
    },
  ];
}

function Refused({ map }: { map: MapItem }) {
  if (!map.problems.length) return null;
  return (
    <span
      class="status failed"
      title={[map.status === "refused" ? t.maps.refusedText : t.maps.refusedNewerText, ...map.problems].join("\n")}
    >
      <Icon name="failed" />
      {t.maps.refused}
    </span>
  );
}
