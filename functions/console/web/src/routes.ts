import type { FunctionComponent } from "preact";
import Dataset from "./pages/dataset";
import Datasets from "./pages/datasets";
import Happening from "./pages/happening";
import Log from "./pages/log";
import Look from "./pages/look";
import Maps from "./pages/maps";
import Report from "./pages/report";
import Subscriptions from "./pages/subscriptions";
import Tokens from "./pages/tokens";
import Workspaces from "./pages/workspaces";

/** A page gets the parameters of its address. */
export interface PageProps {
  params: Record<string, string>;
}

export interface Route {
  pattern: string;
  page: FunctionComponent<PageProps>;
}

/**
 * Every page, by its address below `/console`; the first that fits is shown. All are in one file: it is small, each page
 * after the first is there at once, and a page that is open while the service is deployed again misses no part.
 */
export const routes: Route[] = [
  { pattern: "/happening", page: Happening },
  { pattern: "/workspaces", page: Workspaces },
  { pattern: "/workspaces/{ws}", page: Datasets },
  { pattern: "/maps", page: Maps },
  { pattern: "/datasets/{id}", page: Dataset },
  { pattern: "/datasets/{id}/look", page: Look },
  { pattern: "/datasets/{id}/look/{image}", page: Look },
  { pattern: "/annotations/{id}/log", page: Log },
  { pattern: "/annotations/{id}/report", page: Report },
  { pattern: "/subscriptions", page: Subscriptions },
  { pattern: "/tokens", page: Tokens },
];

export const FIRST_PAGE = "/workspaces";
