// How a path of the API's document becomes the types of a call.
import type { paths } from "./openapi";

export type Method = "get" | "post" | "put" | "patch" | "delete";

export type PathsOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths];

type Operation<P, M extends Method> = P extends keyof paths ? (M extends keyof paths[P] ? paths[P][M] : never) : never;
type Parameters<O> = O extends { parameters: infer A } ? A : never;
type Optional<T, K extends PropertyKey> = Omit<T, K & keyof T> & Partial<Pick<T, K & keyof T>>;

/** Parameters of the path; the organization is the session's where it is left out. */
export type PathOf<P, M extends Method> =
  Parameters<Operation<P, M>> extends { path: infer A } ? Optional<A, "org"> : Record<string, never>;
export type QueryOf<P, M extends Method> =
  Parameters<Operation<P, M>> extends { query?: infer Q } ? Q : Record<string, never>;
export type BodyOf<P, M extends Method> =
  Operation<P, M> extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;

type Contents<R> = {
  [S in keyof R & (200 | 201 | 202)]: R[S] extends { content: { "application/json": infer B } } ? B : never;
};
type Known<T> = unknown extends T ? never : T;
export type AnswerOf<P, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Known<Contents<R>[keyof Contents<R>]> : never;

export type ItemOf<P> = AnswerOf<P, "get"> extends { items: (infer I)[] } ? I : never;
/** Paths that answer with a page of a list. */
export type ListPaths = {
  [P in PathsOf<"get">]: AnswerOf<P, "get"> extends { items: unknown[]; next: unknown } ? P : never;
}[PathsOf<"get">];
