import type { ComponentChildren } from "preact";
import { Store, useStore } from "../store";
import { t } from "../texts";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

interface Question {
  title: string;
  text: ComponentChildren;
  /** What the button says: a verb. */
  action: string;
  danger?: boolean;
}

const asked = new Store<(Question & { answer: (yes: boolean) => void }) | null>(null);

/** Ask whether to do it: `if (await confirm({ … })) …`. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false);
  return new Promise((answer) => asked.set({ ...question, answer }));
}

export function Confirmation() {
  const question = useStore(asked);
  if (!question) return null;
  const say = (yes: boolean) => {
    asked.set(null);
    question.answer(yes);
  };
  return (
    <Dialog
      title={question.title}
      onClose={() => say(false)}
      actions={
        <>
          <Button onPress={() => say(false)}>{t.ui.cancel}</Button>
          <Button kind={question.danger ? "danger" : "primary"} onPress={() => say(true)}>
            {question.action}
          </Button>
        </>
      }
    >
      {question.text}
    </Dialog>
  );
}
