export const happening = {
  title: "What’s happening",
  none: "Nothing is running",
  noneText: "Jobs that wait or run, of all workspaces.",
  note: (running: number, queued: number, all: boolean) =>
    `${running} running, ${queued} queued${all ? "" : ", more below"}`,
  status: "Status",
  dataset: "Dataset",
  workspace: "Workspace",
  format: "Format",
  map: "Map",
  noMap: "none",
  progress: "Progress",
  waits: "Waits for its turn",
  since: "Requested",
};
