import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Page } from "../../ui/Page";

export default function Look(_: PageProps) {
  return <Page title={t.look.title} />;
}
