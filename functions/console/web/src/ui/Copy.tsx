import { useEffect, useState } from "preact/hooks";
import { t } from "../texts";
import { Button } from "./Button";

const SAID_MS = 2500;

/** A button that copies a text, and says that it did. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <span>
      <Button
        icon={done ? "complete" : "copy"}
        onPress={async () => {
          await navigator.clipboard.writeText(text);
          setDone(true);
        }}
      >
        <span>
          {done ? t.ui.copied : t.ui.copy} <span class="unseen">{what}</span>
        </span>
      </Button>
      <span class="unseen" role="status">
        {done && t.ui.copied}
      </span>
    </span>
  );
}
