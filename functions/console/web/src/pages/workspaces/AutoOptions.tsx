import type { Format } from "../../api/types";
import { t } from "../../texts";
import { optionsOf, said, valuesOf } from "../dataset/options";
import { OptionFields } from "../dataset/OptionFields";

interface Props {
  /** Formats that are made by themselves. */
  formats: Format[];
  chosen: Record<string, Record<string, string>>;
  onChosen: (format: string, chosen: Record<string, string>) => void;
  /** What is wrong with an option of the format at a place of the list. */
  errorOf: (place: number, option: string) => string;
}

/** The options of each format that is made by itself, one below the other, closed until they are wanted. */
export function AutoOptions({ formats, chosen, onChosen, errorOf }: Props) {
  if (!formats.length) return null;
  return (
    <section class="stack auto-options" aria-label={t.workspaces.autoOptions}>
      <h3>{t.workspaces.autoOptions}</h3>
      {formats.map((format, place) => {
        const options = optionsOf(format);
        const mine = chosen[format.id] ?? {};
        const wrong = options.some(({ name }) => errorOf(place, name));
        return (
          <details class="options" key={format.id} open={wrong || undefined}>
            <summary>
              {format.name} <span class="quiet">{said(valuesOf(options, mine)) || t.workspaces.noOptions}</span>
            </summary>
            <OptionFields
              options={options}
              chosen={mine}
              onChosen={(now) => onChosen(format.id, now)}
              errorOf={(name) => errorOf(place, name)}
            />
          </details>
        );
      })}
    </section>
  );
}
