import type { LabelledObject, Labels } from "../../api/types";
import { number } from "../../format";
import { t } from "../../texts";
import { type Column, Table } from "../../ui/Table";
import { colourIn, isLearnt, saidOf } from "./shown";

const ROW_PX = 34;

/** The objects of an image as a table; the one that the pointer or the focus is on is lit in the image. */
export function Objects({
  labels,
  scope,
  light,
}: {
  labels: Labels;
  scope: string;
  light: (id: number | null) => void;
}) {
  const columns: Column<LabelledObject>[] = [
    {
      id: "class",
      title: t.look.class,
      sort: (object) => object.class?.name ?? "\uffff",
      cell: (object) => (
        <button
          type="button"
          class="object-row"
          onMouseEnter={() => light(object.id)}
          onMouseLeave={() => light(null)}
          onFocus={() => light(object.id)}
          onBlur={() => light(null)}
        >
          <span
            class={`swatch ${isLearnt(object) ? "" : "out"}`}
            style={{ background: isLearnt(object) ? colourIn(scope, object) : "none" }}
          />
          {saidOf(object)}
        </button>
      ),
    },
    {
      id: "id",
      title: t.look.id,
      width: "4rem",
      numeric: true,
      cell: (object) => object.id,
      sort: (object) => object.id,
    },
    {
      id: "type",
      title: t.look.type,
      cell: (object) => object.type ?? t.look.noType,
      sort: (object) => object.type ?? "",
      least: 420,
    },
    { id: "box", title: t.look.box, cell: boxText, least: 600 },
  ];
  return (
    <details class="objects">
      <summary>{t.look.objectList}</summary>
      <Table
        label={t.look.objectList}
        columns={columns}
        rows={labels.objects}
        rowKey={(object) => `${object.id} ${object.left_out}`}
        rowHeight={ROW_PX}
      />
    </details>
  );
}

function boxText({ box }: LabelledObject): string {
  const [left = 0, top = 0, right = 0, bottom = 0] = box;
  return [left, top, right - left, bottom - top].map(number).join(", ");
}
