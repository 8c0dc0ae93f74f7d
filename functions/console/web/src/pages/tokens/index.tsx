import { useState } from "preact/hooks";
import { call } from "../../api/call";
import type { Token } from "../../api/types";
import { ago, exactTime, time } from "../../format";
import { usePaged } from "../../live";
import type { PageProps } from "../../routes";
import { may, me, signOut } from "../../session";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { confirm } from "../../ui/Confirm";
import { Empty } from "../../ui/Empty";
import { Icon, type IconName } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { Problem } from "../../ui/Problem";
import { type Column, Table } from "../../ui/Table";
import { toast } from "../../ui/Toast";
import { TokenDialog } from "./TokenDialog";

const SYMBOLS: Record<Token["status"], { icon: IconName; kind: string }> = {
  active: { icon: "complete", kind: "complete" },
  revoked: { icon: "cancelled", kind: "cancelled" },
  expired: { icon: "queued", kind: "cancelled" },
};

const COLUMNS: Column<Token>[] = [
  {
    id: "name",
    title: t.tokens.name,
    cell: (one) => (
      <span class="named">
        <span class="cut" title={one.name}>
          {one.name}
        </span>
        {isMine(one) && <span class="tag">{t.tokens.yours}</span>}
      </span>
    ),
    sort: (one) => one.name,
  },
  {
    id: "role",
    title: t.tokens.role,
    width: "7rem",
    cell: (one) => t.shell.role[one.role],
    sort: (one) => one.role,
    least: 480,
  },
  {
    id: "status",
    title: t.tokens.status,
    width: "8rem",
    cell: (one) => (
      <span class={`status ${SYMBOLS[one.status].kind}`}>
        <Icon name={SYMBOLS[one.status].icon} />
        {t.tokens.statuses[one.status]}
      </span>
    ),
    sort: (one) => one.status,
  },
  {
    id: "expires",
    title: t.tokens.expires,
    width: "14rem",
    least: 640,
    cell: (one) => (
      <time dateTime={one.expires} title={exactTime(one.expires)}>
        {time(one.expires)}
      </time>
    ),
    sort: (one) => one.expires,
  },
  {
    id: "created",
    title: t.tokens.created,
    width: "10.5rem",
    least: 860,
    cell: (one) => (
      <time dateTime={one.created} title={exactTime(one.created)}>
        {ago(one.created)}
      </time>
    ),
    sort: (one) => one.created,
  },
  {
    id: "by",
    title: t.tokens.createdBy,
    width: "16%",
    least: 1020,
    cell: (one) => <span title={one.created_by}>{one.created_by}</span>,
    sort: (one) => one.created_by,
  },
];

/** The organization's tokens, for admins; others are told why they see none. */
export default function Tokens(_: PageProps) {
  return may("admin") ? <All /> : <NotAllowed />;
}

function All() {
  const tokens = usePaged("/v1/organizations/{org}/tokens", {}, []);
  const [creating, setCreating] = useState(false);
  // What was just made or revoked: the list may not know it yet.
  const [made, setMade] = useState<Token[]>([]);
  const [revoked, setRevoked] = useState<ReadonlySet<string>>(new Set());
  const known = new Set(tokens.items.map((one) => one.id));
  const rows = [...made.filter((one) => !known.has(one.id)), ...tokens.items].map((one) =>
    revoked.has(one.id) ? { ...one, status: "revoked" as const } : one,
  );

  const revoke = async (token: Token) => {
    const text = isMine(token) ? `${t.tokens.revokeText} ${t.tokens.revokeOwn}` : t.tokens.revokeText;
    if (!(await confirm({ title: t.tokens.revokeTitle(token.name), text, action: t.tokens.revokeNow, danger: true })))
      return;
    await call("delete", "/v1/organizations/{org}/tokens/{token}", { path: { token: token.id } });
    if (isMine(token)) return signOut();
    setRevoked(new Set([...revoked, token.id]));
    toast(t.tokens.revoked(token.name));
  };
  const columns: Column<Token>[] = [
    ...COLUMNS,
    {
      id: "actions",
      title: t.ui.actions,
      unseen: true,
      width: "4.2rem",
      cell: (one) =>
        one.status === "active" && (
          <Menu
            label={t.ui.actionsOf(one.name)}
            items={[{ text: t.tokens.revoke, icon: "trash", danger: true, onPress: () => revoke(one) }]}
          />
        ),
    },
  ];
  return (
    <Page
      full
      title={t.tokens.title}
      note={t.tokens.note}
      actions={
        <Button kind="primary" icon="plus" onPress={() => setCreating(true)}>
          {t.tokens.create}
        </Button>
      }
    >
      <Problem problem={tokens.problem} again={tokens.more} />
      <Table
        label={t.tokens.title}
        columns={columns}
        rows={rows}
        rowKey={(one) => one.id}
        complete={tokens.complete}
        more={tokens.more}
        loading={tokens.loading}
        empty={!tokens.problem && <Empty icon="tokens" title={t.tokens.none} />}
      />
      {creating && <TokenDialog onClose={() => setCreating(false)} onMade={(token) => setMade([token, ...made])} />}
    </Page>
  );
}

function isMine(token: Token): boolean {
  return token.id === me.value?.token.id;
}

function NotAllowed() {
  const who = me.value;
  if (!who) return null;
  return (
    <Page title={t.tokens.title} note={t.tokens.note}>
      <Empty icon="tokens" title={t.tokens.notAllowed}>
        <p>{t.tokens.notAllowedText(who.token.name, t.shell.role[who.role])}</p>
        {who.token.expires && <p>{t.tokens.yourExpires(time(who.token.expires))}</p>}
      </Empty>
    </Page>
  );
}
