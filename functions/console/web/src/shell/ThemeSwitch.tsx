import { useStore } from "../store";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import { setTheme, theme, type Theme } from "./theme";

const CHOICES: { id: Theme; icon: "system" | "sun" | "moon" }[] = [
  { id: "system", icon: "system" },
  { id: "light", icon: "sun" },
  { id: "dark", icon: "moon" },
];

export function ThemeSwitch() {
  const chosen = useStore(theme);
  return (
    <fieldset class="theme">
      <legend class="unseen">{t.shell.theme}</legend>
      {CHOICES.map(({ id, icon }) => (
        <label key={id} title={t.shell.themes[id]}>
          <input type="radio" name="theme" value={id} checked={chosen === id} onChange={() => setTheme(id)} />
          <Icon name={icon} />
          <span class="unseen">{t.shell.themes[id]}</span>
        </label>
      ))}
    </fieldset>
  );
}
