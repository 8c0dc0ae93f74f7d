import { useState } from "preact/hooks";
import { all, call } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import type { FormatId, Subscription } from "../../api/types";
import { useLoaded } from "../../live";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { CheckList } from "../../ui/CheckList";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { focusFirstError } from "../../ui/focus";
import { Problem } from "../../ui/Problem";
import { PROTOCOLS, STATUSES } from "./said";

type Names = ReadonlySet<string>;
const NONE: Names = new Set();
const FIELDS = ["protocol", "endpoint", "workspaces", "formats", "statuses"];

/** Where somebody is subscribed: the way, the address, and what about. */
export function SubscriptionDialog({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (subscription: Subscription) => void;
}) {
  const [protocol, setProtocol] = useState<Subscription["protocol"]>("email");
  const [endpoint, setEndpoint] = useState("");
  const [workspaces, setWorkspaces] = useState(NONE);
  const [formats, setFormats] = useState(NONE);
  const [statuses, setStatuses] = useState(NONE);
  const [missing, setMissing] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const choices = useLoaded(
    async (signal) => ({
      workspaces: await all("/v1/organizations/{org}/workspaces", { signal }),
      formats: (await call("get", "/v1/formats", { signal })).items,
    }),
    [],
  );

  const send = async () => {
    setProblem(null);
    setMissing(!endpoint.trim());
    if (!endpoint.trim()) return focusFirstError();
    try {
      onMade(
        await call("post", "/v1/organizations/{org}/subscriptions", {
          body: {
            protocol,
            endpoint: endpoint.trim(),
            workspaces: [...workspaces],
            formats: [...formats] as FormatId[],
            statuses: [...statuses] as Subscription["statuses"],
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      focusFirstError();
    }
  };
  const taken = problem?.slug === "conflict" ? problem.detail : "";
  const atFields = taken || FIELDS.some((field) => problem?.of(field));
  return (
    <Dialog
      title={t.subscriptions.create}
      onClose={onClose}
      onSubmit={() => undefined}
      actions={
        <>
          <Button onPress={onClose}>{t.ui.cancel}</Button>
          <Button kind="primary" type="submit" onPress={send}>
            {t.shared.create}
          </Button>
        </>
      }
    >
      {!atFields && <Problem problem={problem ?? choices.problem} />}
      <SelectField
        label={t.subscriptions.protocol}
        value={protocol}
        onValue={(value) => {
          setProtocol(value as Subscription["protocol"]);
          setProblem(null);
        }}
        options={PROTOCOLS.map((one) => ({ value: one, text: t.subscriptions.protocols[one] }))}
      />
      <TextField
        label={t.subscriptions.endpoints[protocol]}
        placeholder={t.subscriptions.examples[protocol]}
        hint={t.subscriptions.hints[protocol]}
        error={missing ? t.subscriptions.endpointMissing : taken || problem?.of("endpoint") || ""}
        type={protocol === "email" ? "email" : "text"}
        value={endpoint}
        onValue={(value) => {
          setEndpoint(value);
          setMissing(false);
          setProblem(null);
        }}
        maxLength={1000}
        spellcheck={false}
        required
      />
      <div class="stack">
        <div>
          <h3>{t.subscriptions.filters}</h3>
          <p class="quiet">{t.subscriptions.filtersHint}</p>
        </div>
        <CheckList
          label={t.subscriptions.workspaces}
          none={choices.data ? t.subscriptions.noWorkspaces : t.shell.loading}
          error={problem?.of("workspaces") ?? ""}
          choices={(choices.data?.workspaces ?? []).map(({ name }) => ({ value: name, text: name }))}
          chosen={workspaces}
          onChosen={setWorkspaces}
        />
        <CheckList
          label={t.subscriptions.formats}
          none={t.shell.loading}
          error={problem?.of("formats") ?? ""}
          choices={(choices.data?.formats ?? []).map(({ id, name }) => ({ value: id, text: name }))}
          chosen={formats}
          onChosen={setFormats}
        />
        <CheckList
          label={t.subscriptions.statuses}
          error={problem?.of("statuses") ?? ""}
          choices={STATUSES.map((one) => ({ value: one, text: t.subscriptions.happened[one] }))}
          chosen={statuses}
          onChosen={setStatuses}
        />
      </div>
    </Dialog>
  );
}
