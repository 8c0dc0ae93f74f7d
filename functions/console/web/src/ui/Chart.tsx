import { number } from "../format";
import { t } from "../texts";

export interface Bar {
  label: string;
  value: number;
  /** Beside the value. */
  note?: string;
  quiet?: boolean;
}

/** Bars beside their names, the longest as wide as there is room. */
export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <ul class="bars">
        {bars.map((bar) => (
          <li key={bar.label} class={bar.quiet ? "quiet" : ""}>
            <span class="bar-label" title={bar.label}>
              {bar.label}
            </span>
            <svg class="bar" aria-hidden>
              <rect width={`${(100 * bar.value) / most}%`} height="100%" rx="2" />
            </svg>
            <span class="bar-value">
              {number(bar.value)}
              {bar.note && <span class="quiet"> {bar.note}</span>}
            </span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** How many values lie in each range; `unit` is written at the axis. */
export function Histogram({ title, bins, unit }: { title: string; bins: Bin[]; unit: string }) {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const width = 100 / Math.max(bins.length, 1);
  const first = bins[0];
  const last = bins.at(-1);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div class="histogram" aria-hidden>
        <span class="axis-y">{number(most)}</span>
        <svg>
          {bins.map((bin, index) => (
            <rect
              key={bin.from}
              x={`${index * width + width * 0.06}%`}
              width={`${width * 0.88}%`}
              y={`${100 - (100 * bin.count) / most}%`}
              height={`${(100 * bin.count) / most}%`}
            >
              <title>{`${number(bin.from)}–${number(bin.to)} ${unit}: ${number(bin.count)}`}</title>
            </rect>
          ))}
        </svg>
        <span class="axis-x">
          <span>{number(first?.from ?? 0)}</span>
          <span>{unit}</span>
          <span>{number(last?.to ?? 0)}</span>
        </span>
      </div>
      <details>
        <summary>{t.ui.chartTable(title)}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">
                {t.ui.from} ({unit})
              </th>
              <th scope="col">{t.ui.to}</th>
              <th scope="col">{t.ui.amount}</th>
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.from}>
                <td>{number(bin.from)}</td>
                <td>{number(bin.to)}</td>
                <td>{number(bin.count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
