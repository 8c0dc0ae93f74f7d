import type { MapCheck } from "../../api/types";
import { number } from "../../format";
import { t } from "../../texts";
import { CodeView } from "../../ui/CodeView";
import { type Column, Table } from "../../ui/Table";
import type { Tab } from "../../ui/Tabs";

type Class = MapCheck["classes"][number];
type Filter = MapCheck["filters"][number];
type Rule = MapCheck["rules"][number] & { name: string };

const CLASSES: Column<Class>[] = [
  {
    id: "number",
    title: t.maps.number,
    width: "6rem",
    numeric: true,
    cell: (one) => one.number,
    sort: (one) => one.number,
  },
  { id: "name", title: t.maps.className, cell: (one) => one.name, sort: (one) => one.name },
  {
    id: "supercategory",
    title: t.maps.supercategory,
    cell: (one) => one.supercategory,
    sort: (one) => one.supercategory,
    least: 300,
  },
];

const RULES: Column<Rule>[] = [
  {
    id: "line",
    title: t.maps.line,
    width: "4.6rem",
    least: 400,
    numeric: true,
    cell: (one) => one.line,
    sort: (one) => one.line,
  },
  { id: "rule", title: t.maps.rule, cell: (one) => <code title={one.rule}>{one.rule}</code> },
  { id: "class", title: t.maps.className, width: "30%", cell: (one) => one.name, sort: (one) => one.class },
];

const FILTERS: Column<Filter>[] = [
  { id: "line", title: t.maps.line, width: "4.6rem", least: 400, numeric: true, cell: (one) => one.line },
  { id: "kind", title: t.maps.filterKind, width: "6rem", cell: (one) => one.filter },
  { id: "rule", title: t.maps.expression, cell: (one) => <code title={one.rule}>{one.rule}</code> },
];

export interface Contents {
  classes: Class[];
  /** What objects are dropped or ignored by. */
  filters?: Filter[];
  /** How many rules there are; they themselves may come later. */
  count: number;
  rules: MapCheck["rules"] | undefined;
  /** The file's name and text. */
  file: string;
  text: string | undefined;
}

/** Views of a good map: its classes, its rules in their order, its text. */
export function contentTabs({ classes, filters = [], count, rules, file, text }: Contents): Tab[] {
  const names = new Map(classes.map((one) => [one.number, one.name]));
  const named = rules?.map((rule) => ({ ...rule, name: names.get(rule.class) ?? "" }));
  return [
    {
      id: "classes",
      title: `${t.maps.classes} (${number(classes.length)})`,
      content: () => (
        <Table
          label={t.maps.classes}
          columns={CLASSES}
          rows={classes}
          rowKey={(one) => String(one.number)}
          rowHeight={34}
        />
      ),
    },
    {
      id: "rules",
      title: `${t.maps.rules} (${number(count)})`,
      content: () => (
        <Table
          label={t.maps.rules}
          columns={RULES}
          rows={named ?? []}
          loading={!named}
          rowKey={(one) => one.rule}
          rowHeight={34}
        />
      ),
    },
    ...(filters.length
      ? [
          {
            id: "filters",
            title: `${t.maps.filters} (${number(filters.length)})`,
            content: () => (
              <Table
                label={t.maps.filters}
                columns={FILTERS}
                rows={filters}
                rowKey={(one) => `${one.line} ${one.rule}`}
                rowHeight={34}
              />
            ),
          },
        ]
      : []),
    {
      id: "file",
      title: t.maps.file,
      content: () =>
        text === undefined ? (
          <p class="quiet">{t.shell.loading}</p>
        ) : (
          <CodeView label={t.maps.fileOf(file)} text={text} />
        ),
    },
  ];
}
