import { useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Statistics } from "../../api/types";
import { number } from "../../format";
import { useLoaded } from "../../live";
import { t } from "../../texts";
import { BarChart } from "../../ui/Chart";
import { Empty } from "../../ui/Empty";
import { SelectField } from "../../ui/Field";
import { ProgressBar } from "../../ui/Status";
import { Problem } from "../../ui/Problem";
import { colourOf, scopeOf } from "./colours";
import { SizeChart } from "./SizeChart";

/** A dataset in numbers: objects of each class, sizes of their boxes, what a map leaves out. */
export function Numbers({ ds, map }: { ds: string; map: string }) {
  const found = useLoaded(
    (signal) => call("get", "/v1/datasets/{ds}/statistics", { path: { ds }, query: { map }, signal }),
    [ds, map],
  );
  if (found.problem) return <Problem problem={found.problem} again={found.reload} />;
  if (!found.data) return <Counting />;
  const numbers = found.data;
  return (
    <div class="numbers">
      <div class="numbers-note quiet" role="status">
        <p>
          {t.look.sampled(numbers.images_read, numbers.images)}{" "}
          {numbers.images_empty > 0 && t.look.empty(numbers.images_empty)}
        </p>
        {numbers.images_unreadable > 0 && (
          <p>
            {t.look.unreadable(numbers.images_unreadable)} <code>{numbers.example}</code>
          </p>
        )}
      </div>
      <Classes numbers={numbers} scope={scopeOf(ds, map)} />
      <div class="stack">
        <Sizes numbers={numbers} />
        {map && <LeftOut numbers={numbers} />}
      </div>
    </div>
  );
}

export function Counting() {
  return (
    <div class="counting">
      <ProgressBar label={t.look.counting} value={0} of={0} />
      <p class="quiet">{t.look.counting}</p>
    </div>
  );
}

function Classes({ numbers, scope }: { numbers: Statistics; scope: string }) {
  const most = Math.max(1, ...numbers.classes.map((one) => one.objects));
  const hasNumbers = numbers.map !== "";
  return (
    <section class="card" aria-labelledby="look-classes">
      <h2 id="look-classes">{t.look.classes}</h2>
      {numbers.classes.length === 0 ? (
        <Empty title={t.look.noObjects} />
      ) : (
        <div class="class-table" tabIndex={0} role="region" aria-labelledby="look-classes">
          <table>
            <thead>
              <tr>
                {hasNumbers && (
                  <th scope="col" class="numeric">
                    {t.look.number}
                  </th>
                )}
                <th scope="col">{t.look.class}</th>
                <th scope="col">
                  <span class="unseen">{t.look.share}</span>
                </th>
                <th scope="col" class="numeric">
                  {t.look.objects}
                </th>
                <th scope="col" class="numeric">
                  {t.look.inImages}
                </th>
              </tr>
            </thead>
            <tbody>
              {numbers.classes.map((one) => (
                <tr key={`${one.number} ${one.name}`}>
                  {hasNumbers && <td class="numeric">{one.number}</td>}
                  <th
                    scope="row"
                    title={
                      one.supercategory === "none"
                        ? one.name
                        : `${one.name} (${t.look.supercategory}: ${one.supercategory})`
                    }
                  >
                    <span class="swatch" style={{ background: colourOf(scope, one.name) }} />
                    {one.name}
                  </th>
                  <td class="class-bar">
                    <svg class="bar" aria-hidden>
                      <rect width={`${(100 * one.objects) / most}%`} height="100%" rx="2" />
                    </svg>
                  </td>
                  <td class="numeric">{number(one.objects)}</td>
                  <td class="numeric">{number(one.images)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {numbers.more_classes > 0 && <p class="quiet">{t.look.moreClasses(numbers.more_classes)}</p>}
    </section>
  );
}

function Sizes({ numbers }: { numbers: Statistics }) {
  const [chosen, choose] = useState("");
  const one = numbers.classes.find((other) => other.name === chosen);
  const bins = numbers.box_sizes.map((bin, index) => ({
    from: bin.from_px,
    to: bin.to_px,
    count: one ? (one.box_sizes[index] ?? 0) : bin.objects,
  }));
  const filled = numbers.classes.filter((other) => other.objects > 0);
  return (
    <section class="card">
      <div class="card-head">
        <h2>{t.look.sizes}</h2>
        <SelectField
          label={t.look.sizesOf}
          value={one ? chosen : ""}
          onValue={choose}
          options={[{ value: "", text: t.look.allClasses }, ...filled.map(({ name }) => ({ value: name, text: name }))]}
        />
      </div>
      {bins.length ? <SizeChart bins={bins} /> : <p class="quiet">{t.look.noObjects}</p>}
      <p class="quiet">{t.look.sizesHint}</p>
    </section>
  );
}

export function LeftOut({ numbers }: { numbers: Pick<Statistics, "left_out"> }) {
  return (
    <section class="card">
      {numbers.left_out.length ? (
        <BarChart
          title={t.look.leftOutTypes}
          bars={numbers.left_out.map(({ type, objects }) => ({ label: type, value: objects, quiet: true }))}
        />
      ) : (
        <p>{t.look.nothingLeftOut}</p>
      )}
    </section>
  );
}
