import { md5 } from "@noble/hashes/legacy.js";

const CHUNK_BYTES = 1 << 20; // a few milliseconds, so that the page does not stand still

/** SHA-256 of pieces one after the other, as hexadecimal digits. */
export async function sha256(pieces: BlobPart[]): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(pieces).arrayBuffer())));
}

/** MD5, which storage calls a part's ETag. */
export async function md5Of(blob: Blob): Promise<string> {
  const digest = md5.create();
  for (let at = 0; at < blob.size; at += CHUNK_BYTES) {
    digest.update(new Uint8Array(await blob.slice(at, at + CHUNK_BYTES).arrayBuffer()));
  }
  return hex(digest.digest());
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
