import { t } from "../texts";
import { Button } from "./Button";
import { Icon } from "./Icon";

interface Props {
  /** What it is: "map", "workspace". */
  what: string;
  /** Who changed it and when, where it is known. */
  by?: string;
  /** Fill the form with what is there now. */
  onTake: () => void;
  /** Send what is in the form all the same. */
  onKeep: () => void;
}

/** What is said when somebody else changed what a form is about, while it was open; nothing has been sent then. */
export function Changed({ what, by, onTake, onKeep }: Props) {
  return (
    <div class="problem changed" role="alert">
      <Icon name="info" />
      <div>
        <strong>{t.shared.changedTitle(what)}</strong>
        <p>
          {by ? `${by} ` : ""}
          {t.shared.changedText}
        </p>
        <div class="row">
          <Button onPress={onTake}>{t.shared.takeTheirs}</Button>
          <Button onPress={onKeep}>{t.shared.keepMine}</Button>
        </div>
      </div>
    </div>
  );
}
