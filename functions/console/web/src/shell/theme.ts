import { Store } from "../store";

export type Theme = "system" | "light" | "dark";

const KEY = "labelmill.theme";

function stored(): Theme {
  const found = localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : "system";
}

export const theme = new Store<Theme>(stored());

export function setTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen);
  theme.set(chosen);
  apply();
}

/** The style sheet follows the system where the page says nothing. */
export function apply(): void {
  const chosen = theme.value;
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}
