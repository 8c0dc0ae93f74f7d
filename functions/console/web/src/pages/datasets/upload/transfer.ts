import { call, pause } from "../../../api/call";
import { ApiProblem } from "../../../api/problem";
import type { Upload } from "../../../api/types";
import { Store } from "../../../store";
import { t } from "../../../texts";
import { Addresses } from "./addresses";
import { md5Of } from "./digest";
import { Pace } from "./pace";
import type { Part, Source } from "./source";
import { PartRefusedError, putPart } from "./storage";

const AT_ONCE = 4;
const TRIES = 5;
const ROUNDS = 3; // how often parts that the service misses are sent before giving up
const FIRST_WAIT_MS = 1000;

export type Stage = "sending" | "paused" | "finishing" | "done" | "failed" | "cancelled";

export interface Sending {
  stage: Stage;
  /** Bytes that have arrived, those of earlier tries among them. */
  sent: number;
  /** Bytes a second; 0 until it is known. */
  rate: number;
  problem?: unknown;
}

/** A dataset on its way to storage. */
export class Transfer {
  readonly state = new Store<Sending>({ stage: "sending", sent: 0, rate: 0 });
  readonly workspace: string;
  readonly name: string;
  readonly source: Source;
  upload: Upload;
  #stop = new AbortController();
  #pace = new Pace((sent, rate) => this.#change({ sent, rate }));

  private constructor(workspace: string, name: string, source: Source, upload: Upload) {
    [this.workspace, this.name, this.source, this.upload] = [workspace, name, source, upload];
  }

  /** Begin an upload, or go on with that of the same file. */
  static async begin(workspace: string, name: string, source: Source): Promise<Transfer> {
    return new Transfer(workspace, name, source, await create(workspace, name, source));
  }

  async run(): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = stop;
    this.#change({ stage: "sending", problem: undefined });
    try {
      for (let round = 1; ; round++) {
        await this.#sendParts(signal);
        this.#change({ stage: "finishing" });
        if (await this.#finish(round, signal)) break;
        this.upload = await call("get", "/v1/uploads/{up}", { path: { up: this.upload.id }, signal });
        this.#change({ stage: "sending" });
      }
      this.#change({ stage: "done", sent: this.source.size, rate: 0 });
    } catch (problem) {
      if (!signal.aborted) this.#change({ stage: "failed", problem, rate: 0 });
      stop.abort(); // the other parts' senders, too
    }
  }

  pause(): void {
    if (this.state.value.stage !== "sending") return;
    this.#stop.abort();
    this.#change({ stage: "paused", rate: 0 });
  }

  async resume(): Promise<void> {
    this.#change({ stage: "sending", problem: undefined });
    try {
      this.upload = await create(this.workspace, this.name, this.source);
    } catch (problem) {
      this.#change({ stage: "failed", problem });
      return;
    }
    await this.run();
  }

  async cancel(): Promise<void> {
    this.#stop.abort();
    this.#change({ stage: "cancelled", rate: 0 });
    try {
      await call("delete", "/v1/uploads/{up}", { path: { up: this.upload.id } });
    } catch (problem) {
      if (!(problem instanceof ApiProblem && problem.status === 404)) throw problem;
    }
  }

  #change(change: Partial<Sending>): void {
    this.state.set({ ...this.state.value, ...change });
  }

  async #sendParts(signal: AbortSignal): Promise<void> {
    const addresses = new Addresses(this.upload);
    const parts = this.source.parts(this.upload.part_bytes);
    this.#pace.begin();
    const sender = async () => {
      for (let part = await parts.next(); !part.done; part = await parts.next()) {
        signal.throwIfAborted();
        await this.#sendPart(part.value, addresses, signal);
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, sender));
    } finally {
      void parts.return(undefined);
    }
  }

  async #sendPart({ number, blob }: Part, addresses: Addresses, signal: AbortSignal): Promise<void> {
    const digest = await md5Of(blob);
    const there = this.upload.done.find((part) => part.number === number);
    if (there?.size_bytes === blob.size && there.etag === digest) return this.#pace.found(blob.size);
    for (let tried = 1; ; tried++) {
      try {
        const url = await addresses.of(number, tried > 1, signal);
        const etag = await putPart(url, blob, signal, (bytes) => this.#pace.sent(number, bytes));
        if (etag !== null && etag !== digest) throw new PartRefusedError(t.datasets.wrongBytes(number));
        return;
      } catch (problem) {
        this.#pace.sent(number, 0);
        if (!(problem instanceof PartRefusedError)) throw problem;
        if (tried === TRIES) throw new Error(t.datasets.partRefused(number, problem.message));
      }
      await pause(FIRST_WAIT_MS * 2 ** (tried - 1), signal);
    }
  }

  /** Whether the service has all of it. */
  async #finish(round: number, signal: AbortSignal): Promise<boolean> {
    try {
      await call("post", "/v1/uploads/{up}/complete", { path: { up: this.upload.id }, signal });
      return true;
    } catch (problem) {
      const missing = problem instanceof ApiProblem && problem.slug === "upload-incomplete";
      if (!missing || round === ROUNDS) throw problem;
      return false;
    }
  }
}

async function create(workspace: string, name: string, source: Source): Promise<Upload> {
  const body = { name, size_bytes: source.size, suffix: source.suffix, fingerprint: await source.fingerprint() };
  return (await call("post", "/v1/workspaces/{ws}/datasets", { path: { ws: workspace }, body })).upload;
}
