import { useState } from "preact/hooks";
import { CheckField, TextField } from "../../ui/Field";
import { useName } from "../../ui/id";
import { isUseful, type Option } from "./options";

interface Props {
  options: Option[];
  chosen: Record<string, string>;
  onChosen: (chosen: Record<string, string>) => void;
  /** What is wrong with an option; empty when nothing is. */
  errorOf: (name: string) => string;
}

/** A field for each option that does something beside the others. */
export function OptionFields({ options, chosen, onChosen, errorOf }: Props) {
  return (
    <div class="stack">
      {options
        .filter((option) => isUseful(option, chosen))
        .map((option) => (
          <OptionField
            key={option.name}
            option={option}
            value={chosen[option.name] ?? option.initial}
            error={errorOf(option.name)}
            onValue={(value) => onChosen({ ...chosen, [option.name]: value })}
          />
        ))}
    </div>
  );
}

interface FieldProps {
  option: Option;
  value: string;
  error: string;
  onValue: (value: string) => void;
}

function OptionField({ option, value, error, onValue }: FieldProps) {
  const { title, text } = option;
  if (option.choices.length) return <ChoiceField option={option} value={value} error={error} onValue={onValue} />;
  if (option.type === "boolean")
    return (
      <CheckField
        label={title}
        hint={text}
        checked={value === "true"}
        onValue={(checked) => onValue(String(checked))}
      />
    );
  const number =
    option.type === "string" ? {} : { type: "number" as const, min: 0, step: option.type === "integer" ? 1 : "any" };
  return <TextField {...number} label={title} hint={text} error={error} value={value} onValue={onValue} />;
}

/** Values of which one is picked, each with a line of what it means; a free one is typed. */
function ChoiceField({ option, value, error, onValue }: FieldProps) {
  const name = useName("option");
  const [typed, setTyped] = useState(false);
  const known = option.choices.some((choice) => !choice.free && choice.value === value);
  const free = typed || !known;
  return (
    <fieldset class="choice" aria-describedby={`${name}-hint${error ? ` ${name}-error` : ""}`}>
      <legend>{option.title}</legend>
      <div class="field-hint" id={`${name}-hint`}>
        {option.text}
      </div>
      {option.choices.map((choice) => {
        const picked = choice.free ? free : !free && choice.value === value;
        const pick = () => {
          setTyped(choice.free);
          onValue(choice.value);
        };
        return (
          <div key={choice.title}>
            <label>
              <input type="radio" name={name} checked={picked} onChange={pick} />
              <span>
                {choice.title}
                <span class="check-list-note"> {choice.text}</span>
              </span>
            </label>
            {choice.free && picked && (
              <input
                type="text"
                autocomplete="off"
                aria-label={choice.title}
                aria-invalid={error ? true : undefined}
                value={value}
                onInput={(event) => onValue(event.currentTarget.value)}
              />
            )}
          </div>
        );
      })}
      {error && (
        <div class="field-error" id={`${name}-error`}>
          {error}
        </div>
      )}
    </fieldset>
  );
}
