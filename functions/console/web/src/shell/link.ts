import type { Me } from "../api/types";
import { signIn, takeTokenFromAddress, token } from "../session";
import { t } from "../texts";
import { confirm } from "../ui/Confirm";
import { toast } from "../ui/Toast";

/** Sign in by a link. Who is signed in already is asked: somebody else's link must not slip them into another session. */
export async function followLink(): Promise<void> {
  const offered = takeTokenFromAddress();
  const held = token.value;
  if (!offered || offered === held) return;
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

async function whose(secret: string): Promise<Me | null> {
  const answer = await fetch("/v1/me", { headers: { Authorization: `Bearer ${secret}` } }).catch(() => null);
  return answer?.ok ? ((await answer.json()) as Me) : null;
}
