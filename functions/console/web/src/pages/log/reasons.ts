import type { LogLine } from "../../api/types";

/** Lines that tell the same of several files. */
export interface Reason {
  key: string;
  level: LogLine["level"];
  /** What they have in common: numbers, names and files are left out of it. */
  text: string;
  example: string;
  /** How often: a line may stand for many objects or files. */
  times: number;
  files: number;
  /** There are more files than the lines name. */
  more: boolean;
}

const QUOTED = /'[^']*'|"[^"]*"|“[^”]*”/g;
const PATHS =
  /[^\s,;:()[\]'"]*\/[^\s,;:()[\]'"]+|[^\s,;:()[\]/'"]+\.(?:json|png|jpe?g|tiff?|bmp|webp|ya?ml|txt|xml|csv|zip|tar|gz|manifest)\b/gi;
const NUMBERS = /(?<![\p{L}_])[-+]?\d(?:[\d,.]*\d)?(?:e[-+]?\d+)?(?![\p{L}_])/giu;

const FOLDER = /^(?:annotations|metadata|images|masks)\//;

/** The reason in a message: `expected 4 numbers, found 3` and `…, found 2` are one. A line about no file is its own. */
export function reasonOf(line: LogLine): string {
  if (!line.file || line.code) return line.message; // what has a code is written once for all its files
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
        (reason = {
          key,
          level: line.level,
          text,
          example: exampleOf(line),
          times: 0,
          files: 0,
          more: false,
          seen: new Set(),
        }),
      );
    reason.times += line.count;
    reason.more ||= line.count > Math.max(1, line.examples.length);
    for (const file of filesOf(line)) reason.seen.add(file);
  }
  return [...found.values()]
    .map(({ seen, ...reason }) => ({ ...reason, files: seen.size }))
    .sort((a, b) => RANK[a.level] - RANK[b.level] || b.files - a.files || b.times - a.times);
}

/** The files that a line names. */
function filesOf({ file, examples }: LogLine): string[] {
  if (!file) return [];
  return examples.length ? examples.map((one) => (FOLDER.test(one) ? (one.split(": ", 1)[0] ?? one) : one)) : [file];
}

function exampleOf({ file, message, code, examples }: LogLine): string {
  if (code) return examples[0] ?? file;
  return !file || message.includes(file) ? message : `${file}: ${message}`;
}

const RANK = { ERROR: 0, WARNING: 1, INFO: 2 };
