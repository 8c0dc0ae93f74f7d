import type { PageProps } from "../../routes";
import { t } from "../../texts";
import { Page } from "../../ui/Page";

export default function Log(_: PageProps) {
  return <Page title={t.log.title} />;
}
