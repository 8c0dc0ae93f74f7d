// Every text that people read, in English; a language more would be a second object of this shape.
import { dataset } from "./dataset";
import { datasets } from "./datasets";
import { happening } from "./happening";
import { log } from "./log";
import { look } from "./look";
import { maps } from "./maps";
import { report } from "./report";
import { shared } from "./shared";
import { shell, signIn } from "./shell";
import { subscriptions } from "./subscriptions";
import { tokens } from "./tokens";
import { ui } from "./ui";
import { workspaces } from "./workspaces";

export const t = {
  shell,
  signIn,
  ui,
  shared,
  happening,
  maps,
  workspaces,
  datasets,
  dataset,
  look,
  log,
  report,
  subscriptions,
  tokens,
};
