import { setQuery } from "../../router";
import { t } from "../../texts";
import { SelectField, TextField } from "../../ui/Field";
import type { Wanted } from "./lines";

const words = t.log;

/** What of the log is shown; it stands in the address, so that it can be sent as a link. */
export function Filters({ wanted, search }: { wanted: Wanted; search: string }) {
  const choices = (texts: Record<string, string>) => Object.entries(texts).map(([value, text]) => ({ value, text }));
  return (
    <div class="log-filters" role="search">
      <TextField
        type="search"
        label={words.search}
        placeholder={words.searchHint}
        value={search}
        onValue={(q) => setQuery({ q })}
      />
      <SelectField
        label={words.level}
        value={wanted.level}
        onValue={(level) => setQuery({ level })}
        options={choices(words.levels)}
      />
      <SelectField
        label={words.order}
        value={wanted.order}
        onValue={(order) => setQuery({ order })}
        options={choices(words.orders)}
      />
    </div>
  );
}
