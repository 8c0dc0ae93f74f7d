import { useLivePaged } from "../../live";
import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Table } from "../../ui/Table";
import { COLUMNS } from "./columns";

/** Jobs that wait or run, of all workspaces. */
export default function Happening(_: PageProps) {
  const jobs = useLivePaged("/v1/organizations/{org}/annotations", { query: { status: "open" } }, []);
  const running = jobs.items.filter((job) => job.status === "running").length;
  const note = jobs.items.length
    ? t.happening.note(running, jobs.items.length - running, jobs.complete)
    : t.happening.noneText;
  return (
    <Page full title={t.happening.title} note={note}>
      <Problem problem={jobs.problem} again={jobs.reload} />
      <Table
        label={t.happening.title}
        columns={COLUMNS}
        rows={jobs.items}
        rowKey={(job) => job.id}
        complete={jobs.complete}
        more={jobs.more}
        loading={jobs.loading}
        empty={<Empty icon="happening" title={t.happening.none} />}
      />
    </Page>
  );
}
