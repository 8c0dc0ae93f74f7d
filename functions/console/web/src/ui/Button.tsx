import type { ButtonHTMLAttributes, ComponentChildren, TargetedMouseEvent } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "./Icon";
import { toastProblem } from "./Toast";

type Props = {
  children?: ComponentChildren;
  icon?: IconName;
  /** Shown as an icon only; the text is its name. */
  label?: string;
  kind?: "primary" | "danger" | "quiet" | "plain";
  /** While the promise is open the button waits; what goes wrong is told. */
  onPress?: (event: TargetedMouseEvent<HTMLButtonElement>) => unknown;
} & Omit<ButtonHTMLAttributes<HTMLButtonElement>, "label" | "icon" | "type"> & { type?: "button" | "submit" };

export function Button({ children, icon, label, kind = "plain", onPress, type = "button", ...rest }: Props) {
  const [busy, setBusy] = useState(false);
  const press = async (event: TargetedMouseEvent<HTMLButtonElement>) => {
    const result = onPress?.(event);
    if (!(result instanceof Promise)) return;
    setBusy(true);
    try {
      await result;
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy(false);
  };
  const disabled = Boolean(rest.disabled) || busy;
  return (
    <button
      {...rest}
      type={type}
      class={`button ${kind} ${label ? "icon-only" : ""} ${rest.class ?? ""}`}
      disabled={disabled}
      aria-busy={busy || undefined}
      aria-label={label}
      title={label}
      onClick={onPress ? press : undefined}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
