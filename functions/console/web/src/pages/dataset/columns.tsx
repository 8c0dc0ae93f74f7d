import type { Annotation } from "../../api/types";
import { ago, bytes, exactTime } from "../../format";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Menu } from "../../ui/Menu";
import type { Column } from "../../ui/Table";
import { type Around, downloadAnnotation, itemsOf } from "./actions";
import { AnnotationStatus } from "./AnnotationStatus";
import { nameOf } from "./names";
import { said } from "./options";

const words = t.dataset;

export function columns(around: Around): Column<Annotation>[] {
  return [
    {
      id: "status",
      title: words.status,
      narrow: "36%",
      cell: (one) => <AnnotationStatus annotation={one} />,
      sort: (one) => one.status,
    },
    {
      id: "format",
      title: words.format,
      width: "12rem",
      narrow: "auto",
      cell: (one) => <FormatCell annotation={one} />,
      sort: (one) => one.format,
    },
    {
      id: "map",
      title: words.map,
      least: 560,
      width: "17%",
      cell: (one) => one.map || <span class="quiet">{words.noMap}</span>,
      sort: (one) => one.map,
    },
    {
      id: "requested",
      title: words.requested,
      least: 860,
      width: "11rem",
      cell: (one) => (
        <time dateTime={one.created} title={`${exactTime(one.created)} ${words.by(one.asked_by)}`}>
          {ago(one.created)}
        </time>
      ),
      sort: (one) => one.created,
    },
    {
      id: "size",
      title: words.result,
      numeric: true,
      least: 680,
      width: "7.2rem",
      cell: (one) => (one.size_bytes ? bytes(one.size_bytes) : ""),
      sort: (one) => one.size_bytes,
    },
    {
      id: "actions",
      title: t.ui.actions,
      unseen: true,
      width: "7rem",
      narrow: "6.1rem",
      cell: (one) => (
        <span class="annotation-actions">
          {one.status === "complete" && (
            <Button
              icon="download"
              kind="quiet"
              label={words.download(nameOf(one))}
              onPress={() => downloadAnnotation(one)}
            />
          )}
          <Menu label={t.ui.actionsOf(nameOf(one))} items={itemsOf(one, around)} />
        </span>
      ),
    },
  ];
}

/** The format with its options, and its map below where the table is too narrow for a column of maps. */
function FormatCell({ annotation }: { annotation: Annotation }) {
  const options = said(annotation.options);
  return (
    <span class="format-cell">
      <span>
        {annotation.format}
        {!annotation.is_current && (
          <span class="quiet" title={annotation.dataset_version}>
            {" "}
            {words.versionOf(annotation.dataset_number)}
          </span>
        )}
      </span>
      {options && (
        <span class="format-options" title={options}>
          {options}
        </span>
      )}
      {annotation.map && <span class="format-map">{annotation.map}</span>}
    </span>
  );
}
