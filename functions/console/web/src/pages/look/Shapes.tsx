import type { LabelledObject } from "../../api/types";
import { colourIn, isLearnt, type Part } from "./shown";

const EDGED = 1500; // with more objects the dark edge beside each line is left away: it costs as much as the lines

interface Props {
  objects: LabelledObject[];
  parts: Record<Part, boolean>;
  hidden: ReadonlySet<number>;
  scope: string;
  lit?: boolean;
}

/** Boxes and contours in the image's own pixels, small objects above large ones. */
export function Shapes({ objects, parts, hidden, scope, lit }: Props) {
  const drawn = objects.filter((object) => !hidden.has(object.id)).sort((a, b) => area(b) - area(a));
  const edged = drawn.length <= EDGED;
  return (
    <>
      {drawn.map((object) => {
        const path = parts.contours || parts.fills ? pathOf(object) : "";
        const [left = 0, top = 0, right = 0, bottom = 0] = object.box;
        const rect = { x: left, y: top, width: right - left, height: bottom - top };
        const boxed = parts.boxes || (!path && parts.contours);
        return (
          <g
            key={`${object.id} ${object.left_out}`}
            class={`object ${isLearnt(object) ? "" : "out"} ${lit ? "lit" : ""}`}
            data-object={object.id}
            style={{ color: colourIn(scope, object) }}
          >
            {path && parts.fills && <path class="fill" d={path} fill-rule="evenodd" />}
            {path && parts.contours && edged && <path class="edge" d={path} />}
            {path && parts.contours && <path class="line" d={path} />}
            {boxed && edged && <rect class="edge" {...rect} />}
            {boxed && <rect class="line box" {...rect} />}
          </g>
        );
      })}
    </>
  );
}

export function area(object: LabelledObject): number {
  const [left = 0, top = 0, right = 0, bottom = 0] = object.box;
  return (right - left) * (bottom - top);
}

function pathOf(object: LabelledObject): string {
  let path = "";
  for (const ring of object.contours) {
    for (let index = 0; index + 1 < ring.length; index += 2)
      path += `${index ? "L" : "M"}${ring[index]} ${ring[index + 1]}`;
    path += "Z";
  }
  return path;
}
