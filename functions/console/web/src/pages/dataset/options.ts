import type { Format } from "../../api/types";

/** One of a format's options, as its JSON Schema tells it. */
export interface Option {
  name: string;
  type: "boolean" | "integer" | "string";
  initial: string;
}

const KINDS = ["boolean", "integer", "string"];
const OF_MANIFESTS = /_base$/; // what goes before names: only formats with manifests have them
const HAS_MANIFEST = /\.manifest\b/;

/** The options that a format takes, in the order of its schema. */
export function optionsOf(format: Format): Option[] {
  const properties = (format.options["properties"] ?? {}) as Record<string, { type?: string; default?: unknown }>;
  const manifests = format.holds.some((file) => HAS_MANIFEST.test(file));
  return Object.entries(properties)
    .filter(([name, schema]) => KINDS.includes(schema.type ?? "") && (manifests || !OF_MANIFESTS.test(name)))
    .map(([name, schema]) => ({ name, type: schema.type as Option["type"], initial: String(schema.default ?? "") }));
}

/** What is sent: only what differs from what holds anyway. */
export function valuesOf(options: Option[], chosen: Record<string, string>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type, initial } of options) {
    const value = chosen[name] ?? initial;
    if (value === initial) continue;
    // What is no number is sent as it is: the service says what it expects.
    values[name] =
      type === "boolean"
        ? value === "true"
        : type === "integer" && value.trim() !== "" && !isNaN(Number(value))
          ? Number(value)
          : value;
  }
  return values;
}
