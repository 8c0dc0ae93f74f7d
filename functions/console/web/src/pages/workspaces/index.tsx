import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Page } from "../../ui/Page";

export default function Workspaces(_: PageProps) {
  return <Page title={t.workspaces.title} />;
}
