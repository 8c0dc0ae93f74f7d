import type { LabelledObject } from "../../api/types";
import type { Frame } from "./frame";
import { area } from "./Shapes";
import { colourIn, isLearnt, saidOf } from "./shown";

const MOST = 150;
const HEIGHT_PX = 18;
const LETTER_PX = 7.9;
const LONGEST = 28;

interface Props {
  objects: LabelledObject[];
  frame: Frame;
  size: { width: number; height: number };
  hidden: ReadonlySet<number>;
  scope: string;
  lit: number | null;
  all: boolean;
}

interface Placed {
  object: LabelledObject;
  text: string;
  x: number;
  y: number;
  width: number;
}

/** The objects' class names at their boxes, always of the same size; those that would lie on another wait for a closer look. */
export function Names(props: Props) {
  return (
    <g class="stage-names" aria-hidden>
      {place(props).map(({ object, text, x, y, width }) => (
        <g
          key={`${object.id} ${object.left_out}`}
          class={isLearnt(object) ? "" : "out"}
          transform={`translate(${x} ${y})`}
        >
          <rect width={width} height={HEIGHT_PX} rx="3" fill={colourIn(props.scope, object)} />
          <text x="5" y="13">
            {text}
          </text>
        </g>
      ))}
    </g>
  );
}

function place({ objects, frame, size, hidden, lit, all }: Props): Placed[] {
  const placed: Placed[] = [];
  const wanted = objects.filter((object) => object.id === lit || (all && !hidden.has(object.id)));
  // The lit one first, then the largest: they have the room.
  wanted.sort((a, b) => Number(b.id === lit) - Number(a.id === lit) || area(b) - area(a));
  for (const object of wanted) {
    if (placed.length >= MOST) break;
    const [left = 0, top = 0, right = 0, bottom = 0] = object.box;
    const [x0, y0, x1, y1] = [
      left * frame.scale + frame.x,
      top * frame.scale + frame.y,
      right * frame.scale + frame.x,
      bottom * frame.scale + frame.y,
    ];
    if (x1 < 0 || y1 < 0 || x0 > size.width || y0 > size.height) continue;
    const said = saidOf(object);
    const text = said.length > LONGEST ? `${said.slice(0, LONGEST - 1)}…` : said;
    const width = text.length * LETTER_PX + 10;
    const above = y0 - HEIGHT_PX >= 0 ? y0 - HEIGHT_PX : Math.max(0, y0);
    const one = { object, text, width, x: Math.min(Math.max(0, x0 - 1), Math.max(0, size.width - width)), y: above };
    if (
      placed.some(
        (other) => one.x < other.x + other.width && other.x < one.x + width && Math.abs(one.y - other.y) < HEIGHT_PX,
      )
    )
      continue;
    placed.push(one);
  }
  return placed.reverse();
}
