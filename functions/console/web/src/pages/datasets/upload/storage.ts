/** Storage did not take a part: another try may help. */
export class PartRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PartRefusedError";
  }
}

/**
 * PUT a part to its address. Answers with its ETag, or null where storage does not let us read it.
 *
 * `fetch` can't tell how much of a body has been sent; a part takes minutes on a slow line.
 */
export function putPart(
  url: string,
  blob: Blob,
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<string | null> {
  return new Promise((done, broken) => {
    if (signal.aborted) return broken(signal.reason);
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open("PUT", url);
    request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => {
      if (request.status !== 200) return broken(new PartRefusedError(`HTTP ${request.status}`));
      told(blob.size);
      done(request.getResponseHeader("ETag")?.replaceAll('"', "") ?? null);
    };
    request.onerror = () => broken(new PartRefusedError(""));
    request.onabort = () => broken(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop, { once: true });
    request.send(blob);
  });
}
