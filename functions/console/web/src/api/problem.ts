/** One reason of a problem: where it is (`body.name`, `line 12`) and what is wrong. */
export interface Reason {
  where: string;
  message: string;
}

/** What the service answered instead of what was asked for. */
export class ApiProblem extends Error {
  /** HTTP's; 0 when no answer came. */
  readonly status: number;
  /** The stable name of the kind: `not-found`, `bad-map`, …; `unreachable` when no answer came. */
  readonly slug: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: Reason[];
  readonly requestId: string;

  constructor(status: number, slug: string, title: string, detail = "", errors: Reason[] = [], requestId = "") {
    super(detail || title);
    this.name = "ApiProblem";
    this.status = status;
    this.slug = slug;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    this.requestId = requestId;
  }

  /** The reason for one field of a request's body. */
  of(field: string): string {
    const found = this.errors.filter(
      (reason) => reason.where === `body.${field}` || reason.where.startsWith(`body.${field}.`),
    );
    return found.map((reason) => reason.message).join("; ");
  }

  /** Reasons by line of the file that was sent; 0 for the whole of it. */
  lines(): { line: number; message: string }[] {
    return this.errors.map(({ where, message }) => ({ line: Number(/^line (\d+)$/.exec(where)?.[1] ?? 0), message }));
  }
}

/** Read an answer's problem; API Gateway's own have a `message` only. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  let body: Record<string, unknown> = {};
  try {
    body = (await answer.json()) as Record<string, unknown>;
  } catch {
    // No JSON: the status says all there is.
  }
  const text = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  return new ApiProblem(
    answer.status,
    text("type").split("/").pop() || `status-${answer.status}`,
    text("title") || text("message") || answer.statusText || `HTTP ${answer.status}`,
    text("detail"),
    Array.isArray(body["errors"]) ? (body["errors"] as Reason[]) : [],
    text("request_id"),
  );
}
