import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";

/** What is said where there is nothing yet, and what to do about it. */
export function Empty({ icon, title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      {icon && <Icon name={icon} />}
      <h2>{title}</h2>
      {children}
    </div>
  );
}
