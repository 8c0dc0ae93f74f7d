import type { LogLine } from "../../api/types";

/** Lines that tell the same of several files. */
export interface Reason {
  key: string;
  level: LogLine["level"];
  /** What they have in common: numbers, names and files are left out of it. */
  text: string;
  example: string;
  lines: number;
  files: number;
}

const QUOTED = /'[^']*'|"[^"]*"|“[^”]*”/g;
const PATHS =
  /[^\s,;:()[\]'"]*\/[^\s,;:()[\]'"]+|[^\s,;:()[\]/'"]+\.(?:json|png|jpe?g|tiff?|bmp|webp|ya?ml|txt|xml|csv|zip|tar|gz|manifest)\b/gi;
const NUMBERS = /(?<![\p{L}_])[-+]?\d(?:[\d,.]*\d)?(?:e[-+]?\d+)?(?![\p{L}_])/giu;

/** The reason in a message: `expected 4 numbers, found 3` and `…, found 2` are one. A line about no file is its own. */
export function reasonOf(line: LogLine): string {
  if (!line.file) return line.message;
  const own = line.file ? line.message.replaceAll(line.file, "…") : line.message;
  return own
    .replace(QUOTED, "‘…’")
    .replace(PATHS, "…")
    .replace(NUMBERS, "#")
    .replace(/#(?:, #)+/g, "#")
    .trim();
}

export function keyOf(line: LogLine): string {
  return `${line.level} ${reasonOf(line)}`;
}

/** The reasons of some lines; those of most files first, errors before warnings. */
export function reasonsOf(lines: LogLine[]): Reason[] {
  const found = new Map<string, Reason & { seen: Set<string> }>();
  for (const line of lines) {
    const text = reasonOf(line);
    const key = `${line.level} ${text}`;
    let reason = found.get(key);
    if (!reason)
      found.set(
        key,
        (reason = { key, level: line.level, text, example: exampleOf(line), lines: 0, files: 0, seen: new Set() }),
      );
    reason.lines++;
    if (line.file) reason.seen.add(line.file);
  }
  return [...found.values()]
    .map(({ seen, ...reason }) => ({ ...reason, files: seen.size }))
    .sort((a, b) => RANK[a.level] - RANK[b.level] || b.files - a.files || b.lines - a.lines);
}

function exampleOf({ file, message }: LogLine): string {
  return !file || message.includes(file) ? message : `${file}: ${message}`;
}

const RANK = { ERROR: 0, WARNING: 1, INFO: 2 };
