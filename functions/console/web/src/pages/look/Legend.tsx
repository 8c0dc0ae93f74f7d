import type { Labels } from "../../api/types";
import { number } from "../../format";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { DROPPED, type Group, IGNORED, OUT, PARTS, type Shown } from "./shown";

/** Of what is no class. */
const NAMES: Record<string, string> = {
  [IGNORED]: t.look.ignoredGroup,
  [DROPPED]: t.look.droppedGroup,
  [OUT]: t.look.leftOut,
};

/** What is drawn, and in which colour; each class can be taken away. */
export function Legend({ groups, labels, shown }: { groups: Group[]; labels: Labels; shown: Shown }) {
  const flip = (key: string) => {
    const hidden = new Set(shown.hidden);
    if (!hidden.delete(key)) hidden.add(key);
    shown.setHidden(hidden);
  };
  return (
    <>
      <fieldset class="parts">
        <legend class="unseen">{t.look.shown}</legend>
        {PARTS.map((part) => (
          <label key={part} class="part">
            <input type="checkbox" checked={shown.parts[part]} onChange={() => shown.flip(part)} />
            {t.look[part]}
          </label>
        ))}
      </fieldset>
      <fieldset class="legend">
        <legend>
          <h2>{t.look.legend}</h2>
        </legend>
        {groups.length > 2 && (
          <div class="row legend-all">
            <Button kind="quiet" onPress={() => shown.setHidden(new Set())}>
              {t.look.legendAll}
            </Button>
            <Button kind="quiet" onPress={() => shown.setHidden(new Set(groups.map((group) => group.key)))}>
              {t.look.legendNone}
            </Button>
          </div>
        )}
        {groups.length === 0 && <p class="quiet">{t.look.noObjectsHere}</p>}
        <ul>
          {groups.map((group) => (
            <li key={group.key}>
              <label
                class="part"
                title={
                  group.supercategory && group.supercategory !== "none"
                    ? `${t.look.supercategory}: ${group.supercategory}`
                    : undefined
                }
              >
                <input type="checkbox" checked={!shown.hidden.has(group.key)} onChange={() => flip(group.key)} />
                <span
                  class={`swatch ${NAMES[group.key] ? "out" : ""}`}
                  style={{ background: NAMES[group.key] ? "none" : group.colour }}
                />
                <span class="legend-name">
                  {NAMES[group.key] ?? group.name}{" "}
                  {group.number !== null && <span class="quiet">{t.look.classNumber(group.number)}</span>}
                </span>
                <span class="quiet legend-number">
                  {number(group.objects)}
                  <span class="unseen"> {t.look.objects}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      <Findings labels={labels} />
    </>
  );
}

function Findings({ labels }: { labels: Labels }) {
  const found = [...labels.skipped, ...labels.warnings];
  const cut = labels.total > labels.objects.length;
  if (!found.length && !cut && !labels.without_contours) return null;
  return (
    <section aria-labelledby="look-findings">
      <h2 id="look-findings">{t.look.warnings}</h2>
      <ul class="findings">
        {cut && <li>{t.look.cut(labels.objects.length, labels.total)}</li>}
        {labels.without_contours > 0 && <li>{t.look.bare(labels.without_contours)}</li>}
        {found.map((one) => (
          <li key={one.what} title={one.examples.join("\n")}>
            {t.look.finding(one.what, one.count)}
          </li>
        ))}
      </ul>
    </section>
  );
}
