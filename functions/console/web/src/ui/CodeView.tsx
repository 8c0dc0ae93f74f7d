import { useEffect, useRef } from "preact/hooks";
import { t } from "../texts";
import { Icon } from "./Icon";

export interface LineMessage {
  /** Counted from 1; 0 for the whole file. */
  line: number;
  message: string;
  /** The line is allowed all the same. */
  warning?: boolean;
}

/** A text with line numbers, and messages below the lines that they are about. The first one is scrolled to. */
export function CodeView({ label, text, messages = [] }: { label: string; text: string; messages?: LineMessage[] }) {
  const box = useRef<HTMLDivElement>(null);
  const lines = text.replace(/\n$/, "").split("\n");
  const byLine = Map.groupBy(messages, (one) => Math.min(one.line, lines.length));
  useEffect(() => {
    const wrong = box.current?.querySelector<HTMLElement>("li.wrong");
    if (wrong && box.current) box.current.scrollTop = wrong.offsetTop - box.current.clientHeight / 3;
  }, [text, messages.length]);
  return (
    <div class="code" ref={box} tabIndex={0} role="region" aria-label={label}>
      <Messages of={byLine.get(0) ?? []} />
      <ol>
        {lines.map((line, index) => {
          const wrong = byLine.get(index + 1);
          return (
            <li key={index} class={wrong ? (wrong.every((one) => one.warning) ? "wrong doubtful" : "wrong") : ""}>
              <code>{line || " "}</code>
              {wrong && <Messages of={wrong} />}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Messages({ of }: { of: LineMessage[] }) {
  return (
    <>
      {of.map((one, index) => (
        <div class={one.warning ? "code-message doubtful" : "code-message"} key={index}>
          <Icon name={one.warning ? "info" : "failed"} />
          <span>
            {one.line > 0 && <span class="unseen">{t.ui.line(one.line)}: </span>}
            {one.message}
          </span>
        </div>
      ))}
    </>
  );
}
