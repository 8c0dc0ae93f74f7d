import type { Me, Role } from "../api/types";

export const shell = {
  product: "labelmill",
  toContent: "Skip to the content",
  menu: "Menu",
  pages: "Pages",
  above: "Where this page is",
  happening: "What’s happening",
  workspaces: "Workspaces",
  maps: "Annotation maps",
  subscriptions: "Subscriptions",
  tokens: "Tokens",
  organization: "Organization",
  signedInAs: "Signed in with",
  role: { reader: "reader", editor: "editor", admin: "admin" } satisfies Record<Role, string>,
  signOut: "Sign out",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  documentation: "API documentation",
  notFoundTitle: "There is nothing here",
  notFoundText: "The address may be mistyped, or what was here has been deleted.",
  toStart: "Go to the workspaces",
  loading: "Loading…",
  brokenTitle: "This page broke",
  brokenText: "It is a fault of the console. Loading the page again may help.",
  again: "Try again",
  problem: "That did not work",
  requestId: (id: string) => `Request ${id}`,
};

export const signIn = {
  title: "Sign in",
  text: "Everything here belongs to an organization; a token says to which you belong and what you may do.",
  expired: "The token has expired or was revoked. Sign in with another one; you come back to where you were.",
  token: "Token",
  hint: "It begins with lm_. An admin of your organization makes one under Tokens; the local cloud prints a link that signs in by itself.",
  missing: "Paste a token.",
  refused: "This token is not accepted: it is mistyped, expired or revoked.",
  unreachable: "The service can’t be reached.",
  action: "Sign in",
  linkRefused: "The link’s token is not accepted: it is mistyped, expired or revoked. You are signed in as before.",
  replaceTitle: "Sign in with the link?",
  replaceAction: "Sign in anew",
  replace: (link: Me, now: Me | null) =>
    `The link signs you in with “${link.token.name}” (${link.role} of ${link.organization}).` +
    (now ? ` You are signed in with “${now.token.name}” (${now.role} of ${now.organization}).` : ""),
};
