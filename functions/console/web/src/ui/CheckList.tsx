import type { ComponentChildren } from "preact";
import { t } from "../texts";
import { useName } from "./id";

export interface Choice {
  value: string;
  text: string;
  /** Behind the text, quieter. */
  note?: string;
}

interface Props {
  label: string;
  hint?: ComponentChildren;
  error?: string;
  choices: Choice[];
  chosen: ReadonlySet<string>;
  onChosen: (chosen: Set<string>) => void;
  /** Said in place of the list when there is nothing to choose from. */
  none?: string;
  disabled?: boolean;
}

/** Boxes to tick, several of which may be. */
export function CheckList({ label, hint, error, choices, chosen, onChosen, none = "", disabled }: Props) {
  const name = useName("choices");
  const described = [hint ? `${name}-hint` : "", error ? `${name}-error` : ""].filter(Boolean).join(" ") || undefined;
  const turn = (value: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(value);
    else next.delete(value);
    onChosen(next);
  };
  return (
    <fieldset class="check-list" aria-describedby={described} disabled={disabled}>
      <legend>{label}</legend>
      {hint && (
        <div class="field-hint" id={`${name}-hint`}>
          {hint}
        </div>
      )}
      {choices.length === 0 && <p class="quiet">{none || t.shared.nothingToChoose}</p>}
      {choices.length > 0 && (
        <div class="check-list-choices">
          {choices.map((choice) => (
            <label key={choice.value}>
              <input
                type="checkbox"
                checked={chosen.has(choice.value)}
                onChange={(event) => turn(choice.value, event.currentTarget.checked)}
              />
              <span>
                {choice.text}
                {choice.note && <span class="check-list-note"> {choice.note}</span>}
              </span>
            </label>
          ))}
        </div>
      )}
      {error && (
        <div class="field-error" id={`${name}-error`}>
          {error}
        </div>
      )}
    </fieldset>
  );
}
