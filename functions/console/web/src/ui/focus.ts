/** Put the focus into the first field that is wrong, once it is drawn, so that its error is read out. */
export function focusFirstError(): void {
  requestAnimationFrame(() => {
    const open = [...document.querySelectorAll("dialog[open]")].at(-1);
    open?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  });
}
