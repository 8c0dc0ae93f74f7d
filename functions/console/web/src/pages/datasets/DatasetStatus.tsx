import type { Dataset } from "../../api/types";
import { number } from "../../format";
import { may } from "../../session";
import { useStore } from "../../store";
import { t } from "../../texts";
import { Icon, type IconName } from "../../ui/Icon";
import { transfers } from "./upload/uploads";

const words = t.datasets;

/** What a dataset is in: what is being done with it, what went wrong, and the formats that are made. */
export function DatasetStatus({ dataset, goOn }: { dataset: Dataset; goOn: (dataset: Dataset) => void }) {
  const own = useStore(transfers).some(({ upload }) => upload.id === dataset.upload?.id);
  const { running, queued, failed } = dataset.annotations;
  if (dataset.status === "deleting") return <Mark kind="cancelled" icon="trash" text={words.deleting} />;
  const upload = dataset.upload && (
    <>
      <Mark kind="running" icon="upload" text={own ? words.uploading : uploadText(dataset)} />
      {!own && may("editor") && (
        <button
          type="button"
          class="link-button"
          aria-label={words.goOnWith(dataset.name)}
          onClick={() => goOn(dataset)}
        >
          {words.goOnHere}
        </button>
      )}
    </>
  );
  if (dataset.status === "uploading") return <span class="dataset-status">{upload}</span>;
  return (
    <span class="dataset-status">
      {upload}
      {dataset.status === "refused" && (
        <Mark kind="failed" icon="failed" text={words.refused} title={dataset.problem} />
      )}
      {running + queued > 0 && <Mark kind="running" icon="running" text={words.jobs(running + queued)} />}
      {failed > 0 && <Mark kind="failed" icon="failed" text={words.failed(failed)} />}
      {dataset.formats.map((format) => (
        <span class="tag" key={format}>
          {format}
        </span>
      ))}
      {dataset.status === "ready" && !upload && !running && !queued && !failed && !dataset.formats.length && (
        <span class="quiet">{words.noFormats}</span>
      )}
    </span>
  );
}

function uploadText({ upload }: Dataset): string {
  const done = upload?.done.reduce((sum, part) => sum + part.size_bytes, 0) ?? 0;
  return words.unfinished(number(Math.floor((100 * done) / (upload?.size_bytes || 1))));
}

function Mark({ kind, icon, text, title }: { kind: string; icon: IconName; text: string; title?: string }) {
  return (
    <span class={`mark-text ${kind}`} title={title}>
      <Icon name={icon} />
      {text}
    </span>
  );
}
