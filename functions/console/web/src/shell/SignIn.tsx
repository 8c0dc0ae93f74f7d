import { useState } from "preact/hooks";
import { endedBecause, signIn } from "../session";
import { useStore } from "../store";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Page } from "../ui/Page";
import { ThemeSwitch } from "./ThemeSwitch";

/** Where a token is asked for. The address stays, so that signing in leads back to it. */
export function SignIn() {
  const because = useStore(endedBecause);
  const [typed, setTyped] = useState("");
  const [error, setError] = useState("");
  const send = async () => {
    const secret = typed.trim();
    if (!secret) return setError(t.signIn.missing);
    const answer = await fetch("/v1/me", { headers: { Authorization: `Bearer ${secret}` } }).catch(() => null);
    if (!answer) return setError(t.signIn.unreachable);
    if (answer.status === 401 || answer.status === 403) return setError(t.signIn.refused);
    signIn(secret);
  };
  return (
    <main class="sign-in" id="content">
      <Page title={t.signIn.title}>
        {because && (
          <div class="banner" role="alert">
            <Icon name="info" />
            {because === "link" ? t.signIn.codeRefused : t.signIn.expired}
          </div>
        )}
        <p>{t.signIn.text}</p>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <TextField
            type="password"
            label={t.signIn.token}
            hint={t.signIn.hint}
            error={error}
            value={typed}
            onValue={(value) => {
              setTyped(value);
              setError("");
            }}
            spellcheck={false}
            required
          />
          <Button kind="primary" type="submit">
            {t.signIn.action}
          </Button>
        </form>
      </Page>
      <ThemeSwitch />
    </main>
  );
}
