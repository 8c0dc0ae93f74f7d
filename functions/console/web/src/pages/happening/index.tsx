import { all } from "../../api/call";
import type { Annotation } from "../../api/types";
import { ago, exactTime } from "../../format";
import { useLive } from "../../live";
import { href, Link } from "../../router";
import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { AnnotationProgress, StatusIcon } from "../../ui/Status";
import { type Column, Table } from "../../ui/Table";

const COLUMNS: Column<Annotation>[] = [
  { id: "status", title: t.happening.status, width: "8rem", cell: (one) => <StatusIcon status={one.status} />, sort: (one) => one.status },
  {
    id: "dataset",
    title: t.happening.dataset,
    cell: (one) => <Link to={href("/datasets/{id}", { id: one.dataset_id })}>{one.dataset}</Link>,
    sort: (one) => one.dataset,
  },
  { id: "workspace", title: t.happening.workspace, least: 760, cell: (one) => one.workspace, sort: (one) => one.workspace },
  { id: "format", title: t.happening.format, least: 420, width: "11rem", cell: (one) => one.format, sort: (one) => one.format },
  { id: "map", title: t.happening.map, least: 920, cell: (one) => one.map || <span class="quiet">{t.happening.noMap}</span>, sort: (one) => one.map },
  {
    id: "progress",
    title: t.happening.progress,
    width: "34%",
    cell: (one) => (one.status === "running" ? <AnnotationProgress annotation={one} /> : <span class="quiet">{t.happening.waits}</span>),
    sort: (one) => one.progress.fraction,
  },
  {
    id: "since",
    title: t.happening.since,
    least: 1050,
    width: "9rem",
    cell: (one) => <time dateTime={one.created} title={exactTime(one.created)}>{ago(one.created)}</time>,
    sort: (one) => one.created,
  },
];

/** Jobs that wait or run, of all workspaces. */
export default function Happening(_: PageProps) {
  const jobs = useLive((signal) => all("/v1/organizations/{org}/annotations", { query: { status: "open" }, signal }), []);
  const running = jobs.data?.filter((job) => job.status === "running").length ?? 0;
  return (
    <Page full title={t.happening.title} note={jobs.data?.length ? t.happening.note(running, jobs.data.length - running) : t.happening.noneText}>
      <Problem problem={jobs.problem} again={jobs.reload} />
      <Table
        label={t.happening.title}
        columns={COLUMNS}
        rows={jobs.data ?? []}
        rowKey={(job) => job.id}
        loading={!jobs.data && !jobs.problem}
        empty={<Empty icon="happening" title={t.happening.none} />}
      />
    </Page>
  );
}
