import type { MapVersion } from "../../api/types";
import { ago, exactTime, number } from "../../format";
import { usePaged } from "../../live";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Problem } from "../../ui/Problem";
import { type Column, Table } from "../../ui/Table";
import { downloadMap } from "./send";

const SHORT = 8;

/** The files of a map that were good, the newest first. */
export function Versions({ name }: { name: string }) {
  const versions = usePaged("/v1/organizations/{org}/maps/{map}/versions", { path: { map: name } }, [name]);
  const columns: Column<MapVersion>[] = [
    {
      id: "updated",
      title: t.maps.updated,
      cell: (one) => (
        <>
          <time dateTime={one.updated} title={exactTime(one.updated)}>
            {ago(one.updated)}
          </time>{" "}
          {one.in_force && <span class="tag">{t.maps.inForce}</span>}
        </>
      ),
    },
    {
      id: "version",
      title: t.maps.version,
      width: "7.5rem",
      cell: (one) => <code title={one.version}>{one.version.slice(0, SHORT)}</code>,
      least: 480,
    },
    { id: "by", title: t.maps.updatedBy, cell: (one) => one.updated_by, least: 560 },
    {
      id: "classes",
      title: t.maps.classes,
      numeric: true,
      width: "6rem",
      cell: (one) => number(one.classes),
      least: 640,
    },
    { id: "rules", title: t.maps.rules, numeric: true, width: "6rem", cell: (one) => number(one.rules), least: 640 },
    {
      id: "download",
      title: t.ui.actions,
      unseen: true,
      width: "4rem",
      cell: (one) => (
        <Button
          kind="quiet"
          icon="download"
          label={t.maps.downloadVersion(one.version.slice(0, SHORT))}
          onPress={() => downloadMap(name, one.version)}
        />
      ),
    },
  ];
  return (
    <>
      <Problem problem={versions.problem} again={versions.more} />
      <Table
        label={t.maps.versions}
        columns={columns}
        rows={versions.items}
        rowKey={(one) => `${one.version} ${one.updated}`}
        complete={versions.complete}
        more={versions.more}
        loading={versions.loading}
        empty={<p class="quiet">{t.maps.noVersion}</p>}
      />
    </>
  );
}
