import { me, signOut, token } from "../session";
import { ApiProblem, problemOf } from "./problem";
import type { AnswerOf, BodyOf, ItemOf, ListPaths, Method, PathOf, PathsOf, QueryOf } from "./shapes";

const TRIES = 4;
const FIRST_WAIT_MS = 500;
const BUSY = new Set([429, 503]);

export interface Options<P, M extends Method> {
  path?: PathOf<P, M>;
  query?: QueryOf<P, M>;
  body?: BodyOf<P, M>;
  /** The revision that is to be changed; a newer one is not overwritten (`changed`). */
  revision?: number;
  signal?: AbortSignal;
  /** Whether the browser may keep the answer; not, if not said. */
  cache?: RequestCache;
}

interface Anything {
  path?: object;
  query?: object;
  body?: unknown;
  revision?: number;
  signal?: AbortSignal;
  cache?: RequestCache;
}

/** Ask the API; `call("get", "/v1/workspaces/{ws}", { path: { ws } })`. A problem is thrown as `ApiProblem`. */
export async function call<M extends Method, P extends PathsOf<M>>(
  method: M,
  path: P,
  options: Options<P, M> = {},
): Promise<AnswerOf<P, M>> {
  const answer = await send(method, path, options as Anything, "application/json");
  return (answer.status === 204 ? undefined : await answer.json()) as AnswerOf<P, M>;
}

/** Ask for something that is no JSON: a map's file, a log's text, pixels. */
export async function callForBytes<P extends PathsOf<"get">>(
  path: P,
  options: Options<P, "get"> = {},
  accept = "*/*",
): Promise<Response> {
  return send("get", path, options as Anything, accept);
}

/** One page of a list: the first where the cursor is empty. */
export async function onePage<P extends ListPaths>(
  path: P,
  options: Options<P, "get"> = {},
  cursor = "",
): Promise<{ items: ItemOf<P>[]; next: string | null }> {
  const query = { ...(options.query as object), ...(cursor ? { cursor } : {}) };
  const answer = await send("get", path, { ...(options as Anything), query }, "application/json");
  return (await answer.json()) as { items: ItemOf<P>[]; next: string | null };
}

/** The pages of a list, one after the other. */
export async function* pages<P extends ListPaths>(
  path: P,
  options: Options<P, "get"> = {},
): AsyncGenerator<ItemOf<P>[]> {
  let cursor: string | null = "";
  do {
    const page: { items: ItemOf<P>[]; next: string | null } = await onePage(path, options, cursor);
    yield page.items;
    cursor = page.next;
  } while (cursor);
}

/** All items of a list. For lists that people make by hand; long ones are shown page by page. */
export async function all<P extends ListPaths>(path: P, options: Options<P, "get"> = {}): Promise<ItemOf<P>[]> {
  const found: ItemOf<P>[] = [];
  const query = { limit: 200, ...(options.query as object) };
  for await (const page of pages(path, { ...options, query } as Options<P, "get">)) found.push(...page);
  return found;
}

async function send(method: Method, path: string, options: Anything, accept: string): Promise<Response> {
  const sent = token.value;
  const headers: Record<string, string> = { Accept: accept, Authorization: `Bearer ${sent}` };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.revision !== undefined) headers["If-Match"] = `"${options.revision}"`;
  // The same for every try: what was done by one whose answer was lost is not done again.
  if (method === "post") headers["Idempotency-Key"] = crypto.randomUUID();
  const request: RequestInit = { method: method.toUpperCase(), headers, cache: options.cache ?? "no-store" };
  if (options.body !== undefined) request.body = JSON.stringify(options.body);
  if (options.signal) request.signal = options.signal;
  for (let tried = 1; ; tried++) {
    const answer = await reach(addressOf(path, options), request);
    if (answer?.ok) return answer;
    const problem = answer ? await problemOf(answer) : new ApiProblem(0, "unreachable", "The service can't be reached");
    if (answer && isRefusedToken(answer)) {
      if (token.value === sent) signOut("expired");
      throw problem;
    }
    if (tried === TRIES || (answer && !BUSY.has(answer.status))) throw problem;
    await pause(FIRST_WAIT_MS * 2 ** (tried - 1), options.signal);
  }
}

async function reach(address: string, request: RequestInit): Promise<Response | null> {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    return null;
  }
}

/** API Gateway answers 401 without a token and 403 to a bad one; a role that is too low is a problem of ours. */
function isRefusedToken(answer: Response): boolean {
  const ours = (answer.headers.get("content-type") ?? "").includes("problem+json");
  return answer.status === 401 || (answer.status === 403 && !ours);
}

function addressOf(path: string, options: Anything): string {
  const values: Record<string, unknown> = { org: me.value?.organization, ...options.path };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name] ?? "")));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size ? `${filled}?${query}` : filled;
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, broken) => {
    if (signal?.aborted) return broken(signal.reason);
    const timer = setTimeout(done, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        broken(signal.reason);
      },
      { once: true },
    );
  });
}
