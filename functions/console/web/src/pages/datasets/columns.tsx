import type { Dataset } from "../../api/types";
import { ago, bytes, exactTime, number } from "../../format";
import { href, Link } from "../../router";
import { t } from "../../texts";
import type { Column } from "../../ui/Table";
import { DatasetStatus } from "./DatasetStatus";

const words = t.datasets;

export const columns = (goOn: (dataset: Dataset) => void): Column<Dataset>[] => [
  {
    id: "name",
    title: words.name,
    cell: (one) => <Link to={href("/datasets/{id}", { id: one.id })}>{one.name}</Link>,
    sort: (one) => one.name,
  },
  {
    id: "images",
    title: words.images,
    numeric: true,
    least: 520,
    width: "8rem",
    cell: (one) =>
      one.images ? (
        number(one.images)
      ) : (
        <span class="quiet">{one.version && one.status !== "refused" && words.notCounted}</span>
      ),
    sort: (one) => one.images,
  },
  {
    id: "size",
    title: words.size,
    numeric: true,
    least: 640,
    width: "7rem",
    cell: (one) => (one.size_bytes ? bytes(one.size_bytes) : ""),
    sort: (one) => one.size_bytes,
  },
  {
    id: "arrived",
    title: words.arrived,
    least: 860,
    width: "10.6rem",
    cell: (one) => (
      <time dateTime={one.arrived} title={exactTime(one.arrived)}>
        {ago(one.arrived)}
      </time>
    ),
    sort: (one) => one.arrived,
  },
  {
    id: "status",
    title: words.status,
    width: "33%",
    narrow: "44%",
    cell: (one) => <DatasetStatus dataset={one} goOn={goOn} />,
    sort: order,
  },
];

/** What needs somebody first. */
function order(one: Dataset): string {
  const { failed, running, queued } = one.annotations;
  const first =
    one.status === "uploading"
      ? 0
      : failed || one.status === "refused"
        ? 1
        : running + queued
          ? 2
          : one.status === "deleting"
            ? 4
            : 3;
  return `${first} ${one.formats.join(" ")}`;
}
