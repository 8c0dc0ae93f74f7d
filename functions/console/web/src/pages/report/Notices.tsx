import type { Notice } from "../../api/types";
import { number } from "../../format";

/** Kinds of things worth knowing: how often, and the first files. */
export function Notices({ notices }: { notices: Notice[] }) {
  return (
    <ul class="notices">
      {notices.map((one) => (
        <li key={`${one.code} ${one.message}`}>
          <span class="notice-count">{number(one.count)}</span>
          <div>
            <p>
              {one.message} {one.code && <code class="quiet">{one.code}</code>}
            </p>
            {one.examples.length > 0 && (
              <ul class="notice-files">
                {one.examples.map((example) => (
                  <li key={example}>{example}</li>
                ))}
              </ul>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
