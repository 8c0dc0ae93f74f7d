import { useState } from "preact/hooks";
import { call } from "../../api/call";
import { ApiProblem } from "../../api/problem";
import type { CreatedToken, Role } from "../../api/types";
import { time } from "../../format";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { focusFirstError } from "../../ui/focus";
import { Problem } from "../../ui/Problem";
import { daysOf, USUAL_DAYS, untilIn } from "./days";

const ROLES: Role[] = ["reader", "editor", "admin"];

/** Where a token is made, and then shown: this once. */
export function TokenDialog({ onClose, onMade }: { onClose: () => void; onMade: (token: CreatedToken) => void }) {
  const [made, setMade] = useState<CreatedToken | null>(null);
  if (made) return <Made token={made} onClose={onClose} />;
  return (
    <Form
      onClose={onClose}
      onMade={(token) => {
        setMade(token);
        onMade(token);
      }}
    />
  );
}

function Form({ onClose, onMade }: { onClose: () => void; onMade: (token: CreatedToken) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("reader");
  const [days, setDays] = useState(String(USUAL_DAYS));
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const wanted = daysOf(days);
  const send = async () => {
    setTried(true);
    setProblem(null);
    if (!name.trim() || wanted === null) return focusFirstError();
    try {
      onMade(
        await call("post", "/v1/organizations/{org}/tokens", {
          body: { name: name.trim(), role, expires_in_days: wanted },
        }),
      );
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      focusFirstError();
    }
  };
  const atFields = problem && ["name", "role", "expires_in_days"].some((field) => problem.of(field));
  return (
    <Dialog
      title={t.tokens.create}
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
      {!atFields && <Problem problem={problem} />}
      <TextField
        label={t.tokens.name}
        hint={t.tokens.nameHint}
        error={(tried && !name.trim() ? t.shared.nameMissing : problem?.of("name")) ?? ""}
        value={name}
        onValue={setName}
        maxLength={200}
        required
      />
      <SelectField
        label={t.tokens.role}
        error={problem?.of("role") ?? ""}
        value={role}
        onValue={(value) => setRole(value as Role)}
        options={ROLES.map((one) => ({ value: one, text: t.tokens.roles[one] }))}
      />
      <TextField
        label={t.tokens.days}
        hint={t.tokens.daysHint(wanted === null ? "" : time(untilIn(wanted)))}
        error={(tried && wanted === null ? t.tokens.daysWrong : problem?.of("expires_in_days")) ?? ""}
        value={days}
        onValue={setDays}
        inputMode="numeric"
        required
      />
    </Dialog>
  );
}

function Made({ token, onClose }: { token: CreatedToken; onClose: () => void }) {
  return (
    <Dialog
      title={t.tokens.madeTitle(token.name)}
      onClose={onClose}
      actions={
        <Button kind="primary" onPress={onClose}>
          {t.shared.done}
        </Button>
      }
    >
      <p>{t.tokens.madeText}</p>
      <div class="token-made">
        <input
          readOnly
          aria-label={t.tokens.token}
          value={token.token}
          spellcheck={false}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Copy text={token.token} what={t.tokens.theToken} />
      </div>
    </Dialog>
  );
}
