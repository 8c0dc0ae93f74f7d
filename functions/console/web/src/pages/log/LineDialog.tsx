import type { LogLine } from "../../api/types";
import { exactTime, number } from "../../format";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { toast } from "../../ui/Toast";
import { Level } from "./columns";

const words = t.log;

/** All of a line. */
export function LineDialog({ line, onClose }: { line: LogLine; onClose: () => void }) {
  const copy = async () => {
    await navigator.clipboard.writeText(
      [line.time, line.level, line.file, line.message, line.code].filter(Boolean).join("  "),
    );
    toast(t.ui.copied);
  };
  return (
    <Dialog
      wide
      title={words.line}
      onClose={onClose}
      actions={
        <>
          <Button icon="copy" onPress={copy}>
            {words.copy}
          </Button>
          <Button kind="primary" onPress={onClose}>
            {t.ui.close}
          </Button>
        </>
      }
    >
      <dl class="facts">
        <dt>{words.level}</dt>
        <dd>
          <Level level={line.level} />
        </dd>
        <dt>{words.message}</dt>
        <dd class="log-whole">{line.message}</dd>
        <dt>{words.file}</dt>
        <dd>{line.file ? <code>{line.file}</code> : <span class="quiet">{words.noFile}</span>}</dd>
        {line.code && <dt>{words.code}</dt>}
        {line.code && (
          <dd>
            <code>{line.code}</code>
          </dd>
        )}
        {line.code && <dt>{words.times}</dt>}
        {line.code && <dd>{number(line.count)}</dd>}
        {line.examples.length > 1 && <dt>{words.firstFiles}</dt>}
        {line.examples.length > 1 && (
          <dd class="log-whole">
            <code>{line.examples.join("\n")}</code>
          </dd>
        )}
        {line.shard !== null && <dt>{words.shard}</dt>}
        {line.shard !== null && <dd>{line.shard}</dd>}
        <dt>{words.time}</dt>
        <dd>{exactTime(line.time)}</dd>
      </dl>
    </Dialog>
  );
}
