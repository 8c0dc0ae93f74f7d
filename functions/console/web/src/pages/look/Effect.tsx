import { call, callForBytes } from "../../api/call";
import type { MapCheck, MapItem } from "../../api/types";
import { number } from "../../format";
import { useLoaded } from "../../live";
import { t } from "../../texts";
import { Empty } from "../../ui/Empty";
import { Problem } from "../../ui/Problem";
import { type Column, Table } from "../../ui/Table";
import { colourOf, scopeOf } from "./colours";
import { Counting, LeftOut } from "./Numbers";

type Filter = NonNullable<MapCheck["explain"]>["filters"][number];
type Rule = NonNullable<MapCheck["explain"]>["rules"][number];

const FILTERS: Column<Filter>[] = [
  {
    id: "line",
    title: t.look.line,
    numeric: true,
    width: "4.5rem",
    cell: (one) => one.line,
    sort: (one) => one.line,
    least: 500,
  },
  { id: "filter", title: t.look.filter, width: "6rem", cell: (one) => one.filter, sort: (one) => one.filter },
  { id: "rule", title: t.look.expression, cell: (one) => <code>{one.rule}</code>, sort: (one) => one.rule },
  {
    id: "objects",
    title: t.look.objects,
    numeric: true,
    width: "7rem",
    cell: (one) => (
      <span class={one.objects ? "" : "quiet"} title={one.examples.join("\n")}>
        {number(one.objects)}
      </span>
    ),
    sort: (one) => one.objects,
  },
  {
    id: "types",
    title: t.look.types,
    least: 900,
    cell: (one) => one.types.map(({ type, objects }) => `${type} (${number(objects)})`).join(", "),
  },
];

/** What a map would do to the dataset, rule by rule, before anything is converted. */
export function Effect({ ds, map, maps }: { ds: string; map: string; maps: MapItem[] }) {
  const found = useLoaded(
    async (signal) => {
      if (!map) return null;
      const file = await callForBytes("/v1/organizations/{org}/maps/{map}/file", { path: { map }, signal });
      return call("post", "/v1/organizations/{org}/map-checks", {
        body: { file: await file.text(), dataset: ds },
        signal,
      });
    },
    [ds, map],
  );
  if (!map)
    return (
      <Empty icon="maps" title={t.look.effect}>
        <p>{maps.length ? t.look.chooseMap : t.look.noMaps}</p>
      </Empty>
    );
  if (found.problem) return <Problem problem={found.problem} again={found.reload} />;
  const check = found.data;
  if (!check?.explain) return <Counting />;
  const { explain } = check;
  const names = new Map(check.classes.map((one) => [one.number, one.name]));
  const scope = scopeOf(ds, map);
  for (const one of check.classes) colourOf(scope, one.name);
  const columns: Column<Rule>[] = [
    {
      id: "line",
      title: t.look.line,
      numeric: true,
      width: "4.5rem",
      cell: (rule) => rule.line,
      sort: (rule) => rule.line,
      least: 500,
    },
    { id: "rule", title: t.look.rule, cell: (rule) => <code>{rule.rule}</code>, sort: (rule) => rule.rule },
    {
      id: "class",
      title: t.look.class,
      width: "28%",
      cell: (rule) => (
        <>
          <span class="swatch" style={{ background: colourOf(scope, names.get(rule.class) ?? "") }} />
          {rule.class} {names.get(rule.class)}
        </>
      ),
      sort: (rule) => rule.class,
    },
    {
      id: "objects",
      title: t.look.objects,
      numeric: true,
      width: "7rem",
      cell: (rule) => (
        <span class={rule.objects ? "" : "quiet"} title={rule.objects ? undefined : t.look.takesNothing}>
          {number(rule.objects)}
        </span>
      ),
      sort: (rule) => rule.objects,
    },
    {
      id: "types",
      title: t.look.types,
      least: 900,
      cell: (rule) => rule.types.map(({ type, objects }) => `${type} (${number(objects)})`).join(", "),
    },
  ];
  return (
    <div class="effect stack">
      <p class="quiet" role="status">
        {t.look.sampled(explain.images_read, explain.images)}
      </p>
      <Table
        label={t.look.effect}
        columns={columns}
        rows={explain.rules}
        rowKey={(rule) => `${rule.line} ${rule.rule}`}
      />
      {explain.filters.length > 0 && (
        <section class="card">
          <h2>{t.look.filters}</h2>
          <p class="quiet">{t.look.filtersNote}</p>
          <Table
            label={t.look.filters}
            columns={FILTERS}
            rows={explain.filters}
            rowKey={(one) => `${one.line} ${one.rule}`}
          />
        </section>
      )}
      <LeftOut numbers={explain} />
      {explain.warnings.length > 0 && (
        <section class="card">
          <h2>{t.look.warnings}</h2>
          <ul class="findings">
            {explain.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
