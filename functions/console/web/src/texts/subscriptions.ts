import type { Subscription } from "../api/types";

type Protocol = Subscription["protocol"];

export const subscriptions = {
  title: "Subscriptions",
  note: "Who is told when annotations are complete, failed or cancelled, and when an upload is refused.",
  none: "Nobody is told yet",
  noneText: "Subscribe an e-mail address, a web hook or a queue.",
  create: "New subscription",
  protocol: "Way",
  protocols: { email: "E-mail", https: "Web hook (HTTPS)", sqs: "Queue (SQS)" } satisfies Record<Protocol, string>,
  endpoint: "To",
  endpoints: { email: "E-mail address", https: "URL", sqs: "ARN of the queue" } satisfies Record<Protocol, string>,
  examples: {
    email: "you@example.com",
    https: "https://hooks.example.com/labels",
    sqs: "arn:aws:sqs:eu-central-1:123456789012:labels",
  } satisfies Record<Protocol, string>,
  hints: {
    email: "A message asks its owner to agree; until then nothing else is sent.",
    https: "It gets a SubscriptionConfirmation first and has to open the SubscribeURL in it.",
    sqs: "Its policy has to let the service send; what it needs is shown afterwards.",
  } satisfies Record<Protocol, string>,
  endpointMissing: "Type where to send the messages.",
  about: "About",
  everything: "everything",
  filters: "Only about some",
  filtersHint: "Without a tick in a list, all of it is meant.",
  workspaces: "Workspaces",
  formats: "Formats",
  statuses: "What happened",
  happened: {
    complete: "Complete",
    failed: "Failed",
    cancelled: "Cancelled",
    refused: "Upload refused",
  } satisfies Record<Subscription["statuses"][number], string>,
  noWorkspaces: "There is no workspace yet.",
  state: "Status",
  states: { pending: "Pending", confirmed: "Confirmed", gone: "Ended" } satisfies Record<
    Subscription["status"],
    string
  >,
  stateHints: {
    pending: "Its owner has not agreed yet; after three days it lapses.",
    confirmed: "Messages are sent.",
    gone: "It was ended from the other side, or nobody agreed. Delete it, or ask again.",
  } satisfies Record<Subscription["status"], string>,
  created: "Created",
  createdBy: "By",

  asked: (endpoint: string) => `${endpoint} is asked to agree.`,
  made: (endpoint: string) => `Messages go to ${endpoint}.`,
  askAgain: "Ask again",
  policy: "Queue policy…",
  policyTitle: "What the queue’s policy needs",
  policyText: "Add this statement to the access policy of the queue; without it no message arrives.",
  thePolicy: "the statement",
  policyLabel: "Statement of the policy",

  delete: "Delete…",
  deleteTitle: "Delete the subscription?",
  deleteText: (endpoint: string) => `No more messages go to ${endpoint}.`,
  deleted: "The subscription has been deleted.",
};
