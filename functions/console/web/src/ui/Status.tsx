import type { Annotation, Status } from "../api/types";
import { number } from "../format";
import { t } from "../texts";
import { Icon } from "./Icon";
import { useRate } from "./rate";

/** The symbol of a status with its word; a complete one has no symbol, its download icon says it. */
export function StatusIcon({ status, wordless }: { status: Status; wordless?: boolean }) {
  const word = t.ui.status[status];
  return (
    <span class={`status ${status}`} title={wordless ? word : undefined}>
      {status !== "complete" && <Icon name={status} />}
      <span class={wordless ? "unseen" : "status-word"}>{word}</span>
    </span>
  );
}

/** A bar; `value` of `of`. Where `of` is 0 it is not known yet. */
export function ProgressBar({ label, value, of }: { label: string; value: number; of: number }) {
  return <progress aria-label={label} max={of || 1} {...(of ? { value } : {})} />;
}

/** How far an annotation is: a bar, images done of all, images per second. */
export function AnnotationProgress({ annotation }: { annotation: Annotation }) {
  const { images, of } = annotation.progress;
  const rate = useRate(annotation.id, images);
  return (
    <span class="progress">
      <ProgressBar label={t.ui.status.running} value={images} of={of} />
      <span class="progress-text">
        {!of ? t.ui.counting : images < of ? t.ui.progress(number(images), number(of)) : t.ui.joining}
        {rate > 0 && images < of && ` · ${t.ui.rate(number(rate))}`}
      </span>
    </span>
  );
}
