import { call } from "../../api/call";
import type { Annotation } from "../../api/types";
import { useFresh } from "../../fresh";
import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Table } from "../../ui/Table";
import { isOpen } from "../dataset/names";
import { COLUMNS } from "./columns";

const FOLLOW = {
  id: (job: Annotation) => job.id,
  isOpen,
  again: (job: Annotation, signal: AbortSignal) =>
    call("get", "/v1/annotations/{id}", { path: { id: job.id }, signal }),
};

/** Jobs that wait or run, of all workspaces. */
export default function Happening(_: PageProps) {
  const jobs = useFresh("/v1/organizations/{org}/annotations", { query: { status: "open" } }, [], FOLLOW);
  const open = jobs.items.filter(isOpen);
  const running = open.filter((job) => job.status === "running").length;
  const note = open.length ? t.happening.note(running, open.length - running, jobs.complete) : t.happening.noneText;
  return (
    <Page full title={t.happening.title} note={note}>
      <Problem problem={jobs.problem} again={jobs.reload} />
      <Table
        label={t.happening.title}
        columns={COLUMNS}
        rows={open}
        rowKey={(job) => job.id}
        complete={jobs.complete}
        more={jobs.more}
        loading={jobs.loading}
        empty={<Empty icon="happening" title={t.happening.none} />}
      />
    </Page>
  );
}
