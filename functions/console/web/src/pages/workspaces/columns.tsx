import type { Workspace } from "../../api/types";
import { exactTime, number, time } from "../../format";
import { href, Link } from "../../router";
import { t } from "../../texts";
import type { Column } from "../../ui/Table";
import { autoText, formatOf } from "./auto";
import { ALL_MAPS } from "./send";

/** What the table of workspaces shows, but for the actions. */
export const WORKSPACE_COLUMNS: Column<Workspace>[] = [
  {
    id: "name",
    title: t.workspaces.name,
    cell: (one) => (
      <Link to={href("/workspaces/{ws}", { ws: one.name })} title={one.name}>
        {one.name}
      </Link>
    ),
    sort: (one) => one.name,
  },
  {
    id: "description",
    title: t.shared.description,
    width: "26%",
    least: 760,
    cell: (one) => <span title={one.description}>{one.description}</span>,
    sort: (one) => one.description,
  },
  {
    id: "maps",
    title: t.workspaces.maps,
    width: "6rem",
    least: 420,
    numeric: true,
    cell: (one) => <Included of={one} />,
    sort: (one) => (one.included_maps.includes(ALL_MAPS) ? Infinity : one.included_maps.length),
  },
  {
    id: "formats",
    title: t.workspaces.formats,
    least: 560,
    width: "22%",
    cell: (one) =>
      one.auto_formats.length ? (
        <span title={one.auto_formats.map(autoText).join("\n")}>{one.auto_formats.map(formatOf).join(", ")}</span>
      ) : (
        <span class="quiet">{t.workspaces.noFormats}</span>
      ),
    sort: (one) => one.auto_formats.length,
  },
  {
    id: "created",
    title: t.workspaces.created,
    width: "14rem",
    least: 900,
    cell: (one) => (
      <time dateTime={one.created} title={exactTime(one.created)}>
        {time(one.created)}
      </time>
    ),
    sort: (one) => one.created,
  },
];

function Included({ of }: { of: Workspace }) {
  if (of.included_maps.includes(ALL_MAPS)) return <>{t.workspaces.allMaps}</>;
  if (!of.included_maps.length) return <span class="quiet">{t.workspaces.noMaps}</span>;
  return <span title={of.included_maps.join("\n")}>{number(of.included_maps.length)}</span>;
}
