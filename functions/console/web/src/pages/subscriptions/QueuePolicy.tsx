import type { Subscription } from "../../api/types";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { CodeView } from "../../ui/CodeView";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";

/** The statement that a queue's owner adds to its policy. */
export function QueuePolicy({ subscription, onClose }: { subscription: Subscription; onClose: () => void }) {
  const statement = JSON.stringify(subscription.queue_policy, null, 2);
  return (
    <Dialog
      wide
      title={t.subscriptions.policyTitle}
      onClose={onClose}
      actions={
        <>
          <Copy text={statement} what={t.subscriptions.thePolicy} />
          <Button kind="primary" onPress={onClose}>
            {t.shared.done}
          </Button>
        </>
      }
    >
      <p>{t.subscriptions.policyText}</p>
      <CodeView label={t.subscriptions.policyLabel} text={statement} />
    </Dialog>
  );
}
