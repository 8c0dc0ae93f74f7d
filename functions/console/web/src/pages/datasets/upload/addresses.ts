import { call } from "../../../api/call";
import type { Upload } from "../../../api/types";
import { PartRefusedError } from "./storage";

const AT_ONCE = 16;
const MOST_AGE_MS = 300_000;

/** Presigned addresses of an upload's parts: asked for some at a time, and anew before they expire. */
export class Addresses {
  #upload: Upload;
  #there: Set<number>;
  #known = new Map<number, { url: string; asked: number }>();
  #asking: Promise<void> = Promise.resolve();

  constructor(upload: Upload) {
    this.#upload = upload;
    this.#there = new Set(upload.done.map((part) => part.number));
  }

  /** Where to PUT a part; a `fresh` one after the last did not work. */
  async of(number: number, fresh: boolean, signal: AbortSignal): Promise<string> {
    if (fresh) this.#known.delete(number);
    // One request at a time: what it answers serves those that wait.
    const turn = this.#asking.then(() => (this.#good(number) ? undefined : this.#ask(number, signal)));
    this.#asking = turn.catch(() => undefined);
    await turn;
    const found = this.#known.get(number);
    if (!found) throw new PartRefusedError("");
    return found.url;
  }

  #good(number: number): boolean {
    const found = this.#known.get(number);
    return found !== undefined && performance.now() - found.asked < MOST_AGE_MS;
  }

  async #ask(number: number, signal: AbortSignal): Promise<void> {
    const numbers = [number];
    for (let next = number + 1; next <= this.#upload.parts && numbers.length < AT_ONCE; next++) {
      if (!this.#there.has(next)) numbers.push(next);
    }
    const asked = performance.now();
    const answer = await call("post", "/v1/uploads/{up}/parts", {
      path: { up: this.#upload.id },
      body: { numbers },
      signal,
    });
    for (const part of answer.parts) this.#known.set(part.number, { url: part.url, asked });
  }
}
