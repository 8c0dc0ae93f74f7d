import type { Dataset } from "../../api/types";
import { ago, bytes, exactTime, number } from "../../format";
import { href, Link } from "../../router";
import { t } from "../../texts";

const words = t.dataset;

/** What is known of a dataset. */
export function Facts({ dataset }: { dataset: Dataset }) {
  const { version, images, arrived, formats } = dataset;
  return (
    <section class="card" aria-label={words.about}>
      <h2>{words.about}</h2>
      <dl class="facts">
        <dt>{words.status}</dt>
        <dd>{words[dataset.status]}</dd>
        <dt>{words.workspace}</dt>
        <dd>
          <Link to={href("/workspaces/{ws}", { ws: dataset.workspace })}>{dataset.workspace}</Link>
        </dd>
        <dt>{words.images}</dt>
        <dd>
          {images ? (
            number(images)
          ) : (
            <span class="quiet">{dataset.status === "refused" ? words.none : words.notCounted}</span>
          )}
        </dd>
        <dt>{words.size}</dt>
        <dd>{bytes(dataset.size_bytes || dataset.upload?.size_bytes || 0)}</dd>
        {dataset.kind && <dt>{words.kind}</dt>}
        {dataset.kind && <dd>{words.kinds[dataset.kind]}</dd>}
        {arrived && <dt>{words.arrived}</dt>}
        {arrived && (
          <dd>
            <time dateTime={arrived} title={exactTime(arrived)}>
              {ago(arrived)}
            </time>
          </dd>
        )}
        {version && <dt>{words.version}</dt>}
        {version && (
          <dd title={version}>
            {dataset.number ? `${words.versionOf(dataset.number)} ` : null}
            <code>{version.slice(0, 12)}</code>
          </dd>
        )}
        <dt>{words.formats}</dt>
        <dd class="tags">
          {formats.length ? (
            formats.map((format) => (
              <span class="tag" key={format}>
                {format}
              </span>
            ))
          ) : (
            <span class="quiet">{words.none}</span>
          )}
        </dd>
      </dl>
    </section>
  );
}
