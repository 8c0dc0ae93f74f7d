import type { MapCheck } from "../../api/types";
import { t } from "../../texts";
import { CodeView } from "../../ui/CodeView";
import { type Column, Table } from "../../ui/Table";
import type { Tab } from "../../ui/Tabs";

type Class = MapCheck["classes"][number];
type Rule = MapCheck["rules"][number] & { name: string };

const CLASSES: Column<Class>[] = [
  { id: "number", title: t.maps.number, width: "6rem", numeric: true, cell: (one) => one.number, sort: (one) => one.number },
  { id: "name", title: t.maps.className, cell: (one) => one.name, sort: (one) => one.name },
  { id: "supercategory", title: t.maps.supercategory, cell: (one) => one.supercategory, sort: (one) => one.supercategory, least: 300 },
];

const RULES: Column<Rule>[] = [
  { id: "line", title: t.maps.line, width: "4.6rem", least: 400, numeric: true, cell: (one) => one.line, sort: (one) => one.line },
  { id: "rule", title: t.maps.rule, cell: (one) => <code title={one.rule}>{one.rule}</code> },
  { id: "class", title: t.maps.className, width: "30%", cell: (one) => one.name, sort: (one) => one.class },
];

/** Views of a good map: its classes, its rules in their order, its text. */
export function contentTabs(check: MapCheck, file: string, text: string): Tab[] {
  const names = new Map(check.classes.map((one) => [one.number, one.name]));
  const rules = check.rules.map((rule) => ({ ...rule, name: names.get(rule.class) ?? "" }));
  return [
    {
      id: "classes",
      title: `${t.maps.classes} (${check.classes.length})`,
      content: () => <Table label={t.maps.classes} columns={CLASSES} rows={check.classes} rowKey={(one) => String(one.number)} rowHeight={34} />,
    },
    {
      id: "rules",
      title: `${t.maps.rules} (${rules.length})`,
      content: () => <Table label={t.maps.rules} columns={RULES} rows={rules} rowKey={(one) => one.rule} rowHeight={34} />,
    },
    { id: "file", title: t.maps.file, content: () => <CodeView label={t.maps.fileOf(file)} text={text} /> },
  ];
}
