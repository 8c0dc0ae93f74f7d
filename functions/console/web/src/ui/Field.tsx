import type {
  ComponentChildren,
  PartialInputHTMLAttributes,
  PartialSelectHTMLAttributes,
  TextareaHTMLAttributes,
} from "preact";
import { useName } from "./id";

interface Around {
  label: string;
  hint?: ComponentChildren;
  /** What is wrong with the value; empty when nothing is. */
  error?: string;
}

type Wired = { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined };

/** A label, a control, a hint and an error that belong together; the control takes the attributes it is given. */
export function Field({ label, hint, error, children }: Around & { children: (wired: Wired) => ComponentChildren }) {
  const id = useName("field");
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": error ? true : undefined })}
      {error && (
        <div class="field-error" id={`${id}-error`}>
          {error}
        </div>
      )}
      {hint && (
        <div class="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  );
}

type Controlled<A> = Around & { value: string; onValue: (value: string) => void } & Omit<
    A,
    "value" | "label" | "role" | "type"
  >;
type TextKind = "text" | "password" | "search" | "url" | "email" | "number";

type Text = Controlled<PartialInputHTMLAttributes<HTMLInputElement>> & { type?: TextKind };

export function TextField({ label, hint, error, value, onValue, type = "text", ...rest }: Text) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wired) => (
        <input
          autocomplete="off"
          {...rest}
          {...wired}
          type={type as "text"}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function AreaField({
  label,
  hint,
  error,
  value,
  onValue,
  ...rest
}: Controlled<TextareaHTMLAttributes<HTMLTextAreaElement>>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wired) => (
        <textarea rows={3} {...rest} {...wired} value={value} onInput={(event) => onValue(event.currentTarget.value)} />
      )}
    </Field>
  );
}

type Select = Controlled<PartialSelectHTMLAttributes<HTMLSelectElement>> & {
  options: { value: string; text: string }[];
};

export function SelectField({ label, hint, error, value, onValue, options, ...rest }: Select) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wired) => (
        <select {...rest} {...wired} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A box to tick, its label at its right. */
export function CheckField({
  label,
  hint,
  checked,
  onValue,
  disabled,
}: {
  label: ComponentChildren;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onValue: (checked: boolean) => void;
}) {
  const id = useName("field");
  return (
    <div class="field check">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint && (
        <div class="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  );
}
