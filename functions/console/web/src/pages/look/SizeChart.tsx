import { number } from "../../format";
import { t } from "../../texts";

interface Bin {
  from: number;
  to: number | null;
  count: number;
}

/** How many boxes there are of each size; bins grow with the size, so each has its bounds written below it. */
export function SizeChart({ bins }: { bins: Bin[] }) {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return (
    <figure class="chart sizes">
      <div class="sizes-chart" aria-hidden>
        <span class="axis-y">{number(most)}</span>
        <div class="sizes-bars">
          {bins.map((bin) => (
            <div key={bin.from} class="sizes-bin" title={`${t.look.sizeRange(bin.from, bin.to)}: ${number(bin.count)}`}>
              <svg class="bar">
                <rect
                  y={`${100 - (100 * bin.count) / most}%`}
                  width="100%"
                  height={`${(100 * bin.count) / most}%`}
                  rx="2"
                />
              </svg>
              <span class="sizes-edge">{number(bin.from)}</span>
            </div>
          ))}
          <span class="sizes-end">
            {bins.at(-1)?.to ? number(bins.at(-1)?.to ?? 0) : "∞"}
            <span class="sizes-unit"> px</span>
          </span>
        </div>
      </div>
      <details>
        <summary>{t.ui.chartTable(t.look.sizes)}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.look.size}</th>
              <th scope="col">{t.look.objects}</th>
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.from}>
                <td>{t.look.sizeRange(bin.from, bin.to)}</td>
                <td>{number(bin.count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
