import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../texts";
import { Button } from "./Button";
import { useName } from "./id";
import { Toasts } from "./Toast";

interface Props {
  title: string;
  onClose: () => void;
  /** What the form does when it is sent; the dialog stays open until the caller takes it away. */
  onSubmit?: () => unknown;
  /** Buttons at the bottom. */
  actions?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}

const FIRST_FIELD = ".dialog-body :is(input:not([hidden]), select, textarea):not([disabled])";

/** A modal window. The browser keeps the focus in it and gives it back afterwards; Escape closes it. */
export function Dialog({ title, onClose, onSubmit, actions, wide, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useName("dialog");
  useEffect(() => {
    const shown = dialog.current;
    const opener = document.activeElement;
    shown?.showModal();
    // Where typing begins; without a field, the first button at the bottom, which is the harmless one.
    shown?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    if (!shown?.querySelector(FIRST_FIELD)) shown?.querySelector<HTMLElement>(".dialog-actions button")?.focus();
    return () => {
      shown?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const content = (
    <>
      <div class="dialog-body">{children}</div>
      {actions && <footer class="dialog-actions">{actions}</footer>}
    </>
  );
  return (
    <dialog
      ref={dialog}
      class={wide ? "wide" : ""}
      aria-labelledby={heading}
      onCancel={(event) => {
        if (event.target !== dialog.current) return;
        event.preventDefault();
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={heading}>{title}</h2>
        <Button icon="close" kind="quiet" label={t.ui.close} onPress={onClose} />
      </header>
      {onSubmit ? (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {content}
        </form>
      ) : (
        content
      )}
      {/* What is outside of a modal window is not heard, nor seen well. */}
      <Toasts />
    </dialog>
  );
}
