import { useMemo, useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Annotation } from "../../api/types";
import { number } from "../../format";
import { useLive } from "../../live";
import { href, navigate, setQuery, useQuery } from "../../router";
import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { Table } from "../../ui/Table";
import { AnnotationStatus } from "../dataset/AnnotationStatus";
import { isOpen, nameOf } from "../dataset/names";
import { lineColumns, type Numbered, reasonColumns } from "./columns";
import { Filters } from "./Filters";
import { LineDialog } from "./LineDialog";
import { useLines, type Wanted } from "./lines";
import { keyOf, reasonsOf } from "./reasons";
import { downloadText } from "./text";

const words = t.log;
const LINE_PX = 52;

/** The log of an annotation: its lines, or what they have in common. */
export default function LogPage({ params }: PageProps) {
  const id = params["id"] ?? "";
  const annotation = useLive((signal) => call("get", "/v1/annotations/{id}", { path: { id }, signal }), [id], isOpen);
  const one = annotation.data;
  if (!one)
    return (
      <Page title={words.title}>
        <Problem problem={annotation.problem} again={annotation.reload} />
      </Page>
    );
  return <Log key={id} annotation={one} />;
}

function Log({ annotation: one }: { annotation: Annotation }) {
  const query = useQuery();
  const wanted = wantedOf(one.id, query);
  const [search, reason, grouped] = [query.get("q") ?? "", query.get("reason") ?? "", query.get("by") === "reason"];
  const log = useLines(wanted, isOpen(one));
  const [opened, setOpened] = useState<Numbered | null>(null);
  const numbered = useMemo(() => log.lines.map((line, place) => ({ ...line, place })), [log.lines]);
  const shown = useMemo(() => numbered.filter(matches(search, reason)), [numbered, search, reason]);
  const reasons = useMemo(() => (grouped ? reasonsOf(shown) : []), [grouped, shown]);
  const waiting = isOpen(one) && log.complete;

  const above: [string, string][] = [
    [t.workspaces.title, href("/workspaces")],
    [one.workspace, href("/workspaces/{ws}", { ws: one.workspace })],
    [one.dataset, href("/datasets/{id}", { id: one.dataset_id })],
  ];
  const empty = log.lines.length ? (
    <Empty icon="search" title={words.noMatch}>
      <Button onPress={() => setQuery({ q: "", reason: "" })}>{words.clear}</Button>
    </Empty>
  ) : (
    <Empty icon="log" title={words.none}>
      <p>{waiting ? words.waiting : words.noneText}</p>
    </Empty>
  );
  const around = {
    complete: true,
    loading: !log.complete && !log.stopped && !shown.length,
    empty: log.problem ? null : empty,
  };
  return (
    <Page
      full
      title={words.titleOf(nameOf(one))}
      above={above}
      actions={
        <>
          {one.size_bytes > 0 && (
            <Button icon="report" onPress={() => navigate(href("/annotations/{id}/report", { id: one.id }))}>
              {words.report}
            </Button>
          )}
          <Button icon="download" onPress={() => downloadText(one, wanted)}>
            {words.download}
          </Button>
        </>
      }
    >
      <AnnotationStatus annotation={one} plain />
      <Problem problem={log.problem} />
      <Filters wanted={wanted} search={search} />
      <div class="log-bar">
        <div class="row" role="group" aria-label={words.title}>
          <Button aria-pressed={!grouped} class="choice" onPress={() => setQuery({ by: "" })}>
            {words.lines}
          </Button>
          <Button aria-pressed={grouped} class="choice" onPress={() => setQuery({ by: "reason", reason: "" })}>
            {words.reasons}
          </Button>
        </div>
        <span class="quiet" role="status">
          {words.found(shown.length, log.lines.length, log.complete || log.stopped)}
        </span>
      </div>
      {reason && (
        <div class="banner log-only">
          <span>{words.onlyReason(reason.slice(reason.indexOf(" ") + 1))}</span>
          <Button icon="left" onPress={() => setQuery({ by: "reason", reason: "" })}>
            {words.allReasons}
          </Button>
        </div>
      )}
      {grouped ? (
        <Table
          key="reasons"
          {...around}
          label={words.reasons}
          columns={reasonColumns(({ key }) => setQuery({ by: "", reason: key }))}
          rows={reasons}
          rowKey={({ key }) => key}
          rowHeight={LINE_PX}
          onOpen={({ key }) => setQuery({ by: "", reason: key })}
        />
      ) : (
        <Table
          key={`lines ${reason}`}
          {...around}
          label={words.lines}
          columns={lineColumns(setOpened)}
          rows={shown}
          rowKey={({ place }) => String(place)}
          rowHeight={LINE_PX}
          onOpen={setOpened}
        />
      )}
      {log.stopped && (
        <div class="row">
          <span class="quiet">{words.stopped(number(log.lines.length))}</span>
          <Button onPress={log.more}>{words.more}</Button>
        </div>
      )}
      {opened && <LineDialog line={opened} onClose={() => setOpened(null)} />}
    </Page>
  );
}

function wantedOf(id: string, query: URLSearchParams): Wanted {
  const level = query.get("level");
  return {
    id,
    order: query.get("order") === "newest" ? "newest" : "oldest",
    level: level === "ERROR" || level === "WARNING" ? level : "",
  };
}

function matches(search: string, reason: string): (line: Numbered) => boolean {
  const sought = search.toLowerCase();
  return (line) =>
    (!sought || `${line.file}\n${line.message}`.toLowerCase().includes(sought)) && (!reason || keyOf(line) === reason);
}
