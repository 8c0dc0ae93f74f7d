import type { FunctionComponent } from "preact";

/** A page gets the parameters of its address. */
export interface PageProps {
  params: Record<string, string>;
}

export interface Route {
  pattern: string;
  load: () => Promise<{ default: FunctionComponent<PageProps> }>;
}

/** Every page, by its address below `/console`. The first that fits is shown; each is loaded when it is first opened. */
export const routes: Route[] = [
  { pattern: "/happening", load: () => import("./pages/happening") },
  { pattern: "/workspaces", load: () => import("./pages/workspaces") },
  { pattern: "/workspaces/{ws}", load: () => import("./pages/datasets") },
  { pattern: "/maps", load: () => import("./pages/maps") },
  { pattern: "/datasets/{id}", load: () => import("./pages/dataset") },
  { pattern: "/datasets/{id}/look", load: () => import("./pages/look") },
  { pattern: "/datasets/{id}/look/{image}", load: () => import("./pages/look") },
  { pattern: "/annotations/{id}/log", load: () => import("./pages/log") },
  { pattern: "/subscriptions", load: () => import("./pages/subscriptions") },
  { pattern: "/tokens", load: () => import("./pages/tokens") },
];

export const FIRST_PAGE = "/workspaces";
