import type { LineMessage } from "../../ui/CodeView";
import { t } from "../../texts";
import { CodeView } from "../../ui/CodeView";
import { Icon } from "../../ui/Icon";
import { Problem } from "../../ui/Problem";
import { Tabs } from "../../ui/Tabs";
import type { Checked, MapText } from "./check";
import { contentTabs } from "./Contents";

/** What is to be said about a chosen file: its problems beside their lines, or its classes and rules. */
export function CheckedFile({
  file,
  checked,
  refused,
}: {
  file: MapText | null;
  checked: Checked;
  refused: LineMessage[];
}) {
  if (!file) return <Example />;
  const { check, problem } = checked;
  const errors = refused.length ? refused : (check?.errors ?? []);
  const warnings = errors.length ? [] : (check?.warnings ?? []).map((one) => ({ ...one, warning: true }));
  return (
    <div class="map-checked">
      <div role="status">
        {!check && !problem && <p class="quiet">{t.maps.checking(file.name)}</p>}
        {check && errors.length === 0 && (
          <p class="status complete">
            <Icon name="complete" />
            {t.maps.good(check.classes.length, check.rules.length)}
          </p>
        )}
        {errors.length > 0 && (
          <p class="status failed">
            <Icon name="failed" />
            {t.maps.bad(errors.length)}
          </p>
        )}
      </div>
      {warnings.length > 0 && (
        <p class="status doubtful">
          <Icon name="info" />
          {t.maps.doubtful(warnings.length)}
        </p>
      )}
      <Problem problem={problem} />
      {errors.length > 0 && <CodeView label={t.maps.fileOf(file.name)} text={file.text} messages={errors} />}
      {warnings.length > 0 && <CodeView label={t.maps.fileOf(file.name)} text={file.text} messages={warnings} />}
      {check && errors.length === 0 && (
        <Tabs
          label={t.maps.contents}
          tabs={contentTabs({ ...check, count: check.rules.length, file: file.name, text: file.text })}
        />
      )}
    </div>
  );
}

function Example() {
  return (
    <div class="map-checked">
      <h3>{t.maps.exampleTitle}</h3>
      <p class="quiet">{t.maps.exampleText}</p>
      <CodeView label={t.maps.exampleTitle} text={t.maps.example} />
    </div>
  );
}
