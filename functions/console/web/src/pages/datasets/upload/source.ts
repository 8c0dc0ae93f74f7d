import { makeZip, predictLength } from "client-zip";
import { sha256 } from "./digest";

export type Suffix = ".zip" | ".tar" | ".tar.gz" | ".tgz";
export const SUFFIXES: readonly Suffix[] = [".tar.gz", ".tgz", ".tar", ".zip"];

const HEAD_BYTES = 1 << 16;
const TAIL_BYTES = 1 << 20;

/** A piece of what is sent; numbers count from 1. */
export interface Part {
  number: number;
  blob: Blob;
}

/** What becomes a dataset: bytes that are the same each time they are read. */
export interface Source {
  name: string;
  suffix: Suffix;
  size: number;
  /** How many files were picked for it. */
  files: number;
  /** What tells it from others without reading all of it. */
  fingerprint: () => Promise<string>;
  parts: (partBytes: number) => AsyncGenerator<Part>;
}

/** An archive, as it is. */
export function archiveSource(file: File, name: string, suffix: Suffix): Source {
  return {
    name,
    suffix,
    size: file.size,
    files: 1,
    // As the command line reckons it: either goes on with what the other began.
    fingerprint: () =>
      sha256([String(file.size), file.slice(0, HEAD_BYTES), file.slice(Math.max(file.size - TAIL_BYTES, 0))]),
    parts: async function* (partBytes) {
      for (let number = 1, at = 0; at < file.size; number++, at += partBytes) {
        yield { number, blob: file.slice(at, at + partBytes) };
      }
    },
  };
}

export interface Member {
  name: string;
  file: File;
}

/** A folder's files as a zip: stored, sorted by name and without times, so that the same files give the same bytes. */
export function folderSource(name: string, members: Member[]): Source {
  const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lastModified = new Date(1980, 0, 1);
  const entries = sorted.map(({ name: path, file }) => ({ name: path, input: file, size: file.size, lastModified }));
  const known = sorted.map(({ name: path, file }) => `${path}\0${file.size}\0${file.lastModified}\n`);
  return {
    name,
    suffix: ".zip",
    size: Number(predictLength(entries)),
    files: sorted.length,
    fingerprint: () => sha256(known),
    parts: (partBytes) => pieces(makeZip(entries), partBytes),
  };
}

/** Cut a stream into parts. */
async function* pieces(stream: ReadableStream<Uint8Array>, partBytes: number): AsyncGenerator<Part> {
  const reader = stream.getReader();
  let held: BlobPart[] = [];
  let length = 0;
  let number = 1;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (let rest = value; rest.length > 0;) {
        const taken = rest.subarray(0, partBytes - length);
        rest = rest.subarray(taken.length);
        held.push(taken as BlobPart);
        length += taken.length;
        if (length < partBytes) continue;
        yield { number: number++, blob: new Blob(held) };
        [held, length] = [[], 0];
      }
    }
    if (length) yield { number, blob: new Blob(held) };
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
