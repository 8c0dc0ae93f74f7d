import type { Format } from "../../api/types";

export interface Choice {
  /** The value; of a free choice an example. */
  value: string;
  title: string;
  text: string;
  /** It stands for any text. */
  free: boolean;
}

/** One of a format's options, as its JSON Schema tells it. */
export interface Option {
  name: string;
  type: "boolean" | "integer" | "number" | "string";
  initial: string;
  title: string;
  text: string;
  /** Values to choose from; none where any can be given. */
  choices: Choice[];
  /** Options without which it does nothing. */
  needs: string[];
}

interface Schema {
  type?: string;
  default?: unknown;
  title?: string;
  description?: string;
  anyOf?: { const?: string; title?: string; description?: string; examples?: string[] }[];
}

const KINDS = ["boolean", "integer", "number", "string"];

/** The options that a format takes, in the order of its schema. */
export function optionsOf(format: Format): Option[] {
  const properties = (format.options["properties"] ?? {}) as Record<string, Schema>;
  const needs = (format.options["dependentRequired"] ?? {}) as Record<string, string[]>;
  return Object.entries(properties)
    .filter(([, schema]) => KINDS.includes(schema.type ?? ""))
    .map(([name, schema]) => ({
      name,
      type: schema.type as Option["type"],
      initial: String(schema.default ?? ""),
      title: schema.title ?? name,
      text: schema.description ?? "",
      choices: (schema.anyOf ?? []).map((one) => ({
        value: one.const ?? one.examples?.[0] ?? "",
        title: one.title ?? one.const ?? "",
        text: one.description ?? "",
        free: one.const === undefined,
      })),
      needs: needs[name] ?? [],
    }));
}

/** Whether an option does something beside those that are chosen. */
export function isUseful(option: Option, chosen: Record<string, string>): boolean {
  return option.needs.every((name) => chosen[name]?.trim());
}

/** What is sent: only what differs from what holds anyway, and does something. */
export function valuesOf(options: Option[], chosen: Record<string, string>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const option of options) {
    const { name, type, initial } = option;
    const value = chosen[name] ?? initial;
    if (value === initial || !isUseful(option, chosen)) continue;
    const numeric = type === "integer" || type === "number";
    // What is no number is sent as it is: the service says what it expects.
    values[name] =
      type === "boolean"
        ? value === "true"
        : numeric && value.trim() !== "" && !isNaN(Number(value))
          ? Number(value)
          : value;
  }
  return values;
}

/** Options as fields hold them. */
export function chosenOf(options: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}

/** Options on a line: "split train=0.8,val=0.2, segmentation rle". */
export function said(options: Record<string, unknown>): string {
  return Object.entries(options)
    .map(([name, value]) => (value === true ? name : `${name} ${String(value)}`).replaceAll("_", " "))
    .join(", ");
}
