import type { Annotation } from "../../api/types";
import { ago, exactTime } from "../../format";
import { href, Link } from "../../router";
import { t } from "../../texts";
import { AnnotationProgress, StatusIcon } from "../../ui/Status";
import type { Column } from "../../ui/Table";

const words = t.happening;

export const COLUMNS: Column<Annotation>[] = [
  {
    id: "dataset",
    title: words.dataset,
    cell: (one) => <Link to={href("/datasets/{id}", { id: one.dataset_id })}>{one.dataset}</Link>,
    sort: (one) => one.dataset,
  },
  {
    id: "status",
    title: words.status,
    width: "8rem",
    narrow: "4.4rem",
    cell: (one) => <StatusIcon status={one.status} />,
    sort: (one) => one.status,
  },
  {
    id: "progress",
    title: words.progress,
    width: "24%",
    narrow: "42%",
    cell: (one) =>
      one.status === "running" ? <AnnotationProgress annotation={one} /> : <span class="quiet">{words.waits}</span>,
    sort: (one) => one.progress.fraction,
  },
  {
    id: "format",
    title: words.format,
    least: 600,
    width: "10.5rem",
    cell: (one) => one.format,
    sort: (one) => one.format,
  },
  {
    id: "map",
    title: words.map,
    least: 760,
    width: "11%",
    cell: (one) => one.map || <span class="quiet">{words.noMap}</span>,
    sort: (one) => one.map,
  },
  {
    id: "workspace",
    title: words.workspace,
    least: 900,
    width: "13%",
    cell: (one) => one.workspace,
    sort: (one) => one.workspace,
  },
  {
    id: "since",
    title: words.since,
    least: 1050,
    width: "10.5rem",
    cell: (one) => (
      <time dateTime={one.created} title={exactTime(one.created)}>
        {ago(one.created)}
      </time>
    ),
    sort: (one) => one.created,
  },
];
