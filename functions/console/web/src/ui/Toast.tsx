import { ApiProblem } from "../api/problem";
import { Store, useStore } from "../store";
import { t } from "../texts";
import { Icon } from "./Icon";

interface Message {
  id: number;
  kind: "info" | "error";
  text: string;
}

const SHOWN_MS = 6000;
const messages = new Store<Message[]>([]);
let made = 0;

/** Say something that needs no answer. Errors stay until they are dismissed. */
export function toast(text: string, kind: Message["kind"] = "info"): void {
  const message = { id: ++made, kind, text };
  messages.set([...messages.value.filter((one) => one.text !== text), message]);
  if (kind === "info") setTimeout(() => dismiss(message.id), SHOWN_MS);
}

export function toastProblem(problem: unknown): void {
  if (problem instanceof DOMException && problem.name === "AbortError") return;
  if (problem instanceof ApiProblem) {
    const reasons = problem.errors.map((reason) => reason.message).join("; ");
    toast(
      [problem.title, reasons || problem.detail].filter((text, _, all) => text && text !== `${all[0]}.`).join(": "),
      "error",
    );
  } else toast(problem instanceof Error ? problem.message : String(problem), "error");
}

function dismiss(id: number): void {
  messages.set(messages.value.filter((message) => message.id !== id));
}

export function Toasts() {
  const shown = useStore(messages);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map((message) => (
        <div class={`toast ${message.kind}`} key={message.id}>
          <Icon name={message.kind === "error" ? "failed" : "info"} />
          <span>{message.text}</span>
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={t.ui.dismiss}
            onClick={() => dismiss(message.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
