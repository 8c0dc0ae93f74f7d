import { Fragment } from "preact";
import { call } from "../../api/call";
import type { Annotation, Report } from "../../api/types";
import { number } from "../../format";
import { useLive, useLoaded } from "../../live";
import { href, navigate } from "../../router";
import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { BarChart } from "../../ui/Chart";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { AnnotationStatus } from "../dataset/AnnotationStatus";
import { isOpen, nameOf } from "../dataset/names";
import { download } from "../datasets/upload/uploads";
import { Counts, Splits } from "./Counts";
import { Notices } from "./Notices";

const words = t.report;

/** What became of an annotation: counts a class and split, warnings, what was left out and lost. */
export default function ReportPage({ params }: PageProps) {
  const id = params["id"] ?? "";
  const found = useLive((signal) => call("get", "/v1/annotations/{id}", { path: { id }, signal }), [id], isOpen);
  const one = found.data;
  if (!one)
    return (
      <Page title={words.title}>
        <Problem problem={found.problem} again={found.reload} />
      </Page>
    );
  return (
    <Page title={words.titleOf(nameOf(one))} above={above(one)} actions={<Actions annotation={one} />}>
      <AnnotationStatus annotation={one} plain />
      {has(one) ? (
        <Loaded key={id} id={id} />
      ) : (
        <Empty icon="report" title={words.none}>
          <p>{isOpen(one) ? words.waiting : words.noneText}</p>
        </Empty>
      )}
    </Page>
  );
}

/** Whether there is a report: it is written with the archive. */
function has(one: Annotation): boolean {
  return !isOpen(one) && one.size_bytes > 0;
}

function Loaded({ id }: { id: string }) {
  const report = useLoaded((signal) => call("get", "/v1/annotations/{id}/report", { path: { id }, signal }), [id]);
  if (report.problem) return <Problem problem={report.problem} again={report.reload} />;
  return report.data ? <Content report={report.data} /> : <p class="quiet">{t.shell.loading}</p>;
}

function above(one: Annotation): [string, string][] {
  return [
    [t.workspaces.title, href("/workspaces")],
    [one.workspace, href("/workspaces/{ws}", { ws: one.workspace })],
    [one.dataset, href("/datasets/{id}", { id: one.dataset_id })],
  ];
}

function Actions({ annotation }: { annotation: Annotation }) {
  const { id } = annotation;
  // Asked for when it is pressed: an address is good for an hour.
  const save = async (file: "report_file" | "errors_file") =>
    download((await call("get", "/v1/annotations/{id}/report", { path: { id } }))[file].url);
  return (
    <>
      <Button icon="log" onPress={() => navigate(href("/annotations/{id}/log", { id }))}>
        {words.log}
      </Button>
      {has(annotation) && (
        <>
          <Button icon="download" onPress={() => save("report_file")}>
            {words.downloadReport}
          </Button>
          <Button icon="download" onPress={() => save("errors_file")}>
            {words.downloadErrors}
          </Button>
        </>
      )}
    </>
  );
}

function Content({ report }: { report: Report }) {
  return (
    <div class="report">
      <section class="card">
        <h2>{words.warnings}</h2>
        {report.warnings.length ? <Notices notices={report.warnings} /> : <p class="quiet">{words.noWarnings}</p>}
        {report.more_warnings > 0 && <p class="quiet">{words.moreWarnings(report.more_warnings)}</p>}
        {report.losses.length > 0 && <h3>{words.losses}</h3>}
        {report.losses.length > 0 && <Notices notices={report.losses} />}
        {report.skipped.length > 0 && <h3>{words.skipped}</h3>}
        {report.skipped.length > 0 && <Notices notices={report.skipped} />}
      </section>
      <Counts report={report} />
      {report.splits.length > 0 && <Splits report={report} />}
      <Filtered title={words.ignored} filters={report.ignored} />
      <Filtered title={words.dropped} filters={report.dropped} />
      {report.left_out.length > 0 && (
        <section class="card">
          <BarChart
            title={words.leftOut}
            bars={report.left_out.map(({ type, objects }) => ({ label: type, value: objects, quiet: true }))}
          />
          {report.more_left_out > 0 && <p class="quiet">{words.moreTypes(report.more_left_out)}</p>}
        </section>
      )}
    </div>
  );
}

function Filtered({ title, filters }: { title: string; filters: Report["ignored"] }) {
  if (!filters.length) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      <dl class="facts">
        {filters.map(({ rule, objects }) => (
          <Fragment key={rule}>
            <dt>
              <code>{rule}</code>
            </dt>
            <dd>{number(objects)}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}
