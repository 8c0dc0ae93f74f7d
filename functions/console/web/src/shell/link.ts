import type { Me } from "../api/types";
import { endedBecause, signIn, takeLinkFromAddress, token } from "../session";
import { t } from "../texts";
import { confirm } from "../ui/Confirm";
import { toast } from "../ui/Toast";

/** Sign in by a link. Who is signed in already is asked: somebody else's link must not slip them into another session. */
export async function followLink(): Promise<void> {
  const link = takeLinkFromAddress();
  if (!link?.secret) return;
  const offered = link.kind === "code" ? await tokenOf(link.secret) : link.secret;
  const held = token.value;
  if (!offered) return held ? toast(t.signIn.codeRefusedInside, "error") : endedBecause.set("link");
  if (offered === held) return;
  if (!held) return signIn(offered);
  const [theirs, mine] = await Promise.all([whose(offered), whose(held)]);
  if (token.value !== held) return;
  if (!theirs) return toast(t.signIn.linkRefused, "error");
  const question = {
    title: t.signIn.replaceTitle,
    text: t.signIn.replace(theirs, mine),
    action: t.signIn.replaceAction,
  };
  if (await confirm(question)) signIn(offered);
}

/** The token that a one-time code gives; null for one that is used up or too old. */
async function tokenOf(code: string): Promise<string | null> {
  const headers = { "Content-Type": "application/json" };
  const asked = { method: "POST", headers, body: JSON.stringify({ code }) };
  const answer = await fetch("/v1/sessions", asked).catch(() => null);
  return answer?.ok ? ((await answer.json()) as { token: string }).token : null;
}

async function whose(secret: string): Promise<Me | null> {
  const answer = await fetch("/v1/me", { headers: { Authorization: `Bearer ${secret}` } }).catch(() => null);
  return answer?.ok ? ((await answer.json()) as Me) : null;
}
