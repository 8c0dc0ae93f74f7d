import type { Annotation } from "../../api/types";
import { href, Link } from "../../router";
import { t } from "../../texts";
import { Icon } from "../../ui/Icon";
import { AnnotationProgress, StatusIcon } from "../../ui/Status";

const words = t.dataset;

/** The symbol of a status and what belongs to it; where something went wrong it leads to the log, unless it is `plain`. */
export function AnnotationStatus({ annotation: one, plain }: { annotation: Annotation; plain?: boolean }) {
  const log = href("/annotations/{id}/log", { id: one.id });
  if (one.status === "running") {
    return (
      <span class="annotation-status running">
        <StatusIcon status="running" wordless />
        <AnnotationProgress annotation={one} />
      </span>
    );
  }
  if (one.status === "failed") {
    const failed = (
      <>
        <StatusIcon status="failed" />
        <span class="annotation-note">{one.reason}</span>
      </>
    );
    if (plain) return <span class="annotation-status failed">{failed}</span>;
    return (
      <Link to={log} class="annotation-status failed" title={one.reason || words.openLog}>
        {failed}
      </Link>
    );
  }
  if (one.status !== "complete") return <StatusIcon status={one.status} />;
  const wrong = [one.errors ? words.errors(one.errors) : "", one.warnings ? words.warnings(one.warnings) : ""]
    .filter(Boolean)
    .join(", ");
  return (
    <span class="annotation-status">
      <StatusIcon status="complete" />
      {wrong && !plain ? (
        <Link to={log} class="annotation-note wrong" title={wrong}>
          <Icon name="info" />
          <span>{wrong}</span>
        </Link>
      ) : (
        <span class="annotation-note">
          {[words.imagesDone(one.progress.images), plain && wrong].filter(Boolean).join(", ")}
        </span>
      )}
    </span>
  );
}
