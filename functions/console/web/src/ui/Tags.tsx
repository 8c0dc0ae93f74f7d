import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../texts";
import { Button } from "./Button";
import { useName } from "./id";
import type { TagPairs } from "./pairs";

export function Tags({ tags }: { tags: Record<string, string> }) {
  return (
    <span class="tags">
      {Object.entries(tags).map(([name, value]) => (
        <span class="tag" key={name}>
          {value ? `${name}: ${value}` : name}
        </span>
      ))}
    </span>
  );
}

/** Where tags are typed: a line for each. */
export function TagsField({
  label,
  pairs,
  onPairs,
  error,
}: {
  label: string;
  pairs: TagPairs;
  onPairs: (pairs: TagPairs) => void;
  error?: string;
}) {
  const box = useRef<HTMLFieldSetElement>(null);
  const name = useName("tags");
  const change = (at: number, pair: [string, string]) =>
    onPairs(pairs.map((old, index) => (index === at ? pair : old)));
  const added = useRef(false);
  useLayoutEffect(() => {
    if (added.current)
      box.current?.querySelector<HTMLElement>(".tags-line:nth-last-child(1 of .tags-line) > input")?.focus();
    added.current = false;
  }, [pairs.length]);
  return (
    <fieldset class="tags-field" ref={box} aria-describedby={error ? `${name}-error` : undefined}>
      <legend>{label}</legend>
      {pairs.map(([tag, value], index) => (
        <div class="tags-line" key={index}>
          <input
            aria-label={t.shared.tagName(index + 1)}
            placeholder={t.shared.tagNameHere}
            maxLength={128}
            value={tag}
            autocomplete="off"
            onInput={(event) => change(index, [event.currentTarget.value, value])}
          />
          <input
            aria-label={t.shared.tagValue(index + 1)}
            placeholder={t.shared.tagValueHere}
            maxLength={256}
            value={value}
            autocomplete="off"
            onInput={(event) => change(index, [tag, event.currentTarget.value])}
          />
          <Button
            kind="quiet"
            icon="close"
            label={t.shared.removeTag(tag || index + 1)}
            onPress={() => onPairs(pairs.filter((_, other) => other !== index))}
          />
        </div>
      ))}
      {error && (
        <div class="field-error" id={`${name}-error`}>
          {error}
        </div>
      )}
      <div>
        <Button
          icon="plus"
          kind="quiet"
          onPress={() => {
            added.current = true;
            onPairs([...pairs, ["", ""]]);
          }}
        >
          {t.shared.addTag}
        </Button>
      </div>
    </fieldset>
  );
}
