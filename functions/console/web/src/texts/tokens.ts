import type { Role, Token } from "../api/types";

export const tokens = {
  title: "Tokens",
  note: "A token opens this organization to its holder: in the console, the API and the command line.",
  none: "There is no token",
  create: "New token",
  name: "Name",
  nameHint: "Who or what it is for, such as “training server”.",
  role: "Role",
  roles: {
    reader: "Reader: sees everything, downloads",
    editor: "Editor: also uploads, requests, changes and deletes",
    admin: "Admin: also makes and revokes tokens",
  } satisfies Record<Role, string>,
  status: "Status",
  statuses: { active: "Active", revoked: "Revoked", expired: "Expired" } satisfies Record<Token["status"], string>,
  created: "Created",
  createdBy: "By",
  expires: "Expires",
  days: "Days until it expires",
  daysHint: (until: string) => (until ? `It is good until ${until}.` : ""),
  daysWrong: "Type a whole number from 1 to 3650.",
  yours: "yours",

  madeTitle: (name: string) => `The token “${name}” is made`,
  madeText: "Copy it now: it is shown this once, and nobody can show it again.",
  token: "Token",
  theToken: "the token",

  revoke: "Revoke…",
  revokeNow: "Revoke",
  revokeTitle: (name: string) => `Revoke “${name}”?`,
  revokeText: "Whoever uses it is shut out within a minute, for good.",
  revokeOwn: "It is the token that you are signed in with: you are signed out, too.",
  revoked: (name: string) => `“${name}” is revoked.`,

  notAllowed: "Only admins see and make tokens",
  notAllowedText: (name: string, role: string) =>
    `You are signed in with “${name}”, which has the role ${role}. Ask an admin of the organization for another one.`,
  yourExpires: (when: string) => `Yours expires ${when}.`,
};
