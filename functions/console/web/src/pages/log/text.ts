import { callForBytes } from "../../api/call";
import type { Annotation } from "../../api/types";
import type { Wanted } from "./lines";

const PAGE = 200;

/** The whole log as a text file, as the service writes it. */
export async function downloadText(annotation: Annotation, { id, order, level }: Wanted): Promise<void> {
  const pages: Blob[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const query = { order, limit: PAGE, ...(level ? { level } : {}), ...(cursor ? { cursor } : {}) };
    const answer = await callForBytes("/v1/annotations/{id}/log", { path: { id }, query }, "text/plain");
    pages.push(await answer.blob());
    cursor = nextOf(answer.headers.get("link") ?? "");
  }
  const address = URL.createObjectURL(new Blob(pages, { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = [annotation.dataset, annotation.format.toLowerCase(), annotation.map, "log.txt"]
    .filter(Boolean)
    .join("-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The cursor in a header `Link` that leads to the next page. */
function nextOf(link: string): string | undefined {
  const address = /^<([^>]*)>; rel="next"/.exec(link)?.[1];
  return address ? (new URL(address, location.origin).searchParams.get("cursor") ?? undefined) : undefined;
}
