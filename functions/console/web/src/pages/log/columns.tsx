import type { LogLine } from "../../api/types";
import { number } from "../../format";
import { t } from "../../texts";
import { Icon } from "../../ui/Icon";
import type { Column } from "../../ui/Table";
import type { Reason } from "./reasons";

const words = t.log;
const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const ICONS = { INFO: "info", WARNING: "info", ERROR: "failed" } as const;

/** A line with its place in the list, which is all that tells it from others. */
export type Numbered = LogLine & { place: number };

export function Level({ level }: { level: LogLine["level"] }) {
  return (
    <span class={`level ${level.toLowerCase()}`}>
      <Icon name={ICONS[level]} />
      <span>{words.names[level]}</span>
    </span>
  );
}

export function lineColumns(open: (line: Numbered) => void): Column<Numbered>[] {
  return [
    {
      id: "time",
      title: words.time,
      least: 700,
      width: "9.6rem",
      cell: (line) => (
        <time dateTime={line.time} class="quiet">
          {clock.format(new Date(line.time))}
        </time>
      ),
    },
    {
      id: "level",
      title: words.level,
      width: "7.8rem",
      narrow: "3.4rem",
      cell: (line) => <Level level={line.level} />,
    },
    {
      id: "message",
      title: words.message,
      cell: (line) => (
        <button type="button" class="log-line" onClick={() => open(line)}>
          {line.file && <span class="log-file">{line.file}</span>}
          <span class="log-message">
            {line.message}
            {line.count > 1 && <span class="quiet"> × {number(line.count)}</span>}
          </span>
        </button>
      ),
    },
  ];
}

export function reasonColumns(choose: (reason: Reason) => void): Column<Reason>[] {
  return [
    {
      id: "level",
      title: words.level,
      width: "7.8rem",
      narrow: "3.4rem",
      cell: (one) => <Level level={one.level} />,
      sort: (one) => one.level,
    },
    {
      id: "reason",
      title: words.reason,
      cell: (one) => (
        <button type="button" class="log-line" onClick={() => choose(one)}>
          <span class="log-reason">{one.text}</span>
          {one.example && one.example !== one.text && <span class="log-file">{words.example(one.example)}</span>}
        </button>
      ),
      sort: (one) => one.text,
    },
    {
      id: "files",
      title: words.files,
      numeric: true,
      width: "6rem",
      narrow: "4.2rem",
      cell: (one) => (one.files ? `${number(one.files)}${one.more ? "+" : ""}` : ""),
      sort: (one) => one.files,
    },
    {
      id: "times",
      title: words.count,
      numeric: true,
      least: 560,
      width: "6rem",
      cell: (one) => number(one.times),
      sort: (one) => one.times,
    },
  ];
}
