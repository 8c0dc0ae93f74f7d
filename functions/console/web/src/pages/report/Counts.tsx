import type { Report } from "../../api/types";
import { number } from "../../format";
import { t } from "../../texts";

const words = t.report;

/** Objects of each class, in all and in each split. */
export function Counts({ report }: { report: Report }) {
  const { splits } = report;
  return (
    <section class="card">
      <h2 id="report-classes">{words.classes}</h2>
      <dl class="facts">
        <dt>{words.images}</dt>
        <dd>{number(report.images)}</dd>
        <dt>{words.objects}</dt>
        <dd>{number(report.objects)}</dd>
        {report.failed > 0 && <dt>{words.failed}</dt>}
        {report.failed > 0 && <dd>{number(report.failed)}</dd>}
        {splits.length > 0 && <dt>{report.split_by === "image" ? words.leaksByImage : words.leaks}</dt>}
        {splits.length > 0 && <dd>{number(report.leaks)}</dd>}
      </dl>
      {report.classes.length === 0 ? (
        <p class="quiet">{words.noClasses}</p>
      ) : (
        <div class="report-table" tabIndex={0} role="region" aria-labelledby="report-classes">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.class}</th>
                <th scope="col" class="numeric">
                  {splits.length ? words.all : words.objects}
                </th>
                {splits.map(({ name }) => (
                  <th scope="col" class="numeric" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {report.classes.map(({ name, objects }, index) => (
                <tr key={name}>
                  <th scope="row" title={name}>
                    {name}
                  </th>
                  <td class="numeric">{number(objects)}</td>
                  {splits.map((split) => (
                    <td class="numeric" key={split.name}>
                      {number(split.class_objects[index] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {report.more_classes > 0 && <p class="quiet">{words.moreClasses(report.more_classes)}</p>}
    </section>
  );
}

/** What each split was to get, and got. */
export function Splits({ report }: { report: Report }) {
  return (
    <section class="card">
      <h2 id="report-splits">{words.splits(report.split_by)}</h2>
      <div class="report-table" tabIndex={0} role="region" aria-labelledby="report-splits">
        <table>
          <thead>
            <tr>
              <th scope="col">{words.split}</th>
              {[words.share, words.images, words.objects, words.groups].map((title) => (
                <th scope="col" class="numeric" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.splits.map((split) => (
              <tr key={split.name}>
                <th scope="row">{split.name}</th>
                <td class="numeric">{number(Math.round(split.share * 1e4) / 100)} %</td>
                <td class="numeric">{number(split.images)}</td>
                <td class="numeric">{number(split.objects)}</td>
                <td class="numeric">{number(split.groups)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
