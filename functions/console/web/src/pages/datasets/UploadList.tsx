import { ApiProblem } from "../../api/problem";
import { bytes, duration } from "../../format";
import { href, Link } from "../../router";
import { useStore } from "../../store";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { confirm } from "../../ui/Confirm";
import { Icon } from "../../ui/Icon";
import { ProgressBar } from "../../ui/Status";
import type { Sending, Transfer } from "./upload/transfer";
import { forget, transfers } from "./upload/uploads";

const words = t.datasets;

/** The uploads of this tab, of all workspaces. */
export function UploadList({ workspace, onEnd }: { workspace: string; onEnd: () => void }) {
  const all = useStore(transfers);
  if (!all.length) return null;
  return (
    <section class="card uploads" aria-label={words.uploads}>
      <ul>
        {all.map((transfer) => (
          <UploadRow
            key={transfer.upload.id}
            transfer={transfer}
            elsewhere={transfer.workspace !== workspace}
            onEnd={onEnd}
          />
        ))}
      </ul>
    </section>
  );
}

function UploadRow({ transfer, elsewhere, onEnd }: { transfer: Transfer; elsewhere: boolean; onEnd: () => void }) {
  const state = useStore(transfer.state);
  const { name, source } = transfer;
  const cancel = async () => {
    const sure = await confirm({
      title: words.giveUpTitle(name),
      text: words.giveUpText(name),
      action: words.giveUp,
      danger: true,
    });
    if (!sure) return;
    forget(transfer);
    await transfer.cancel();
    onEnd();
  };
  const ended = state.stage === "done";
  return (
    <li>
      <Icon
        name={ended ? "complete" : state.stage === "failed" ? "failed" : "upload"}
        class={`upload-${state.stage}`}
      />
      <div class="upload-what">
        <div class="upload-name">
          <strong>
            {ended ? <Link to={href("/datasets/{id}", { id: transfer.upload.dataset })}>{name}</Link> : name}
          </strong>
          {elsewhere && <span class="quiet">{words.inWorkspace(transfer.workspace)}</span>}
        </div>
        {!ended && <ProgressBar label={words.progressOf(name)} value={state.sent} of={source.size} />}
        <div class="progress-text">{told(state, source.size)}</div>
        {state.stage === "failed" && (
          <div class="field-error" role="alert">
            {reasonOf(state.problem)}
          </div>
        )}
      </div>
      <div class="upload-buttons">
        {state.stage === "sending" && (
          <Button icon="pause" kind="quiet" label={words.pause(name)} onPress={() => transfer.pause()} />
        )}
        {(state.stage === "paused" || state.stage === "failed") && (
          <Button icon="play" kind="quiet" label={words.resume(name)} onPress={() => void transfer.resume()} />
        )}
        {ended && <Button icon="close" kind="quiet" label={words.dismiss(name)} onPress={() => forget(transfer)} />}
        {!ended && state.stage !== "finishing" && (
          <Button icon="close" kind="quiet" label={words.cancelOf(name)} onPress={cancel} />
        )}
      </div>
    </li>
  );
}

function told({ stage, sent, rate }: Sending, size: number): string {
  if (stage === "done") return `${words.stages.done} · ${bytes(size)}`;
  const parts = [words.stages[stage], words.sending(bytes(sent), bytes(size))];
  if (stage === "sending" && rate > 0)
    parts.push(words.rate(bytes(Math.round(rate))), words.left(duration((size - sent) / rate)));
  return parts.join(" · ");
}

function reasonOf(problem: unknown): string {
  if (problem instanceof ApiProblem)
    return problem.errors.map((reason) => reason.message).join("; ") || problem.detail || problem.title;
  if (problem instanceof DOMException) return words.changedFile;
  return problem instanceof Error ? problem.message : String(problem);
}
