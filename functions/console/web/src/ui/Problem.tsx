import { ApiProblem } from "../api/problem";
import { t } from "../texts";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** What went wrong, in place of what was to be shown, or above a form's buttons. */
export function Problem({ problem, again }: { problem: unknown; again?: () => void }) {
  if (!problem) return null;
  const known = problem instanceof ApiProblem ? problem : null;
  return (
    <div class="problem" role="alert">
      <Icon name="failed" />
      <div>
        <strong>{known?.title ?? t.shell.problem}</strong>
        <p>{known ? (known.detail !== `${known.title}.` ? known.detail : "") : String(problem)}</p>
        {known && known.errors.length > 0 && (
          <ul>
            {known.errors.map((reason, index) => (
              <li key={index}>
                {reason.where && <code>{reason.where.replace(/^body\./, "")}</code>} {reason.message}
              </li>
            ))}
          </ul>
        )}
        {known && known.status >= 500 && known.requestId && <p class="quiet">{t.shell.requestId(known.requestId)}</p>}
        {again && <Button onPress={again}>{t.shell.again}</Button>}
      </div>
    </div>
  );
}
