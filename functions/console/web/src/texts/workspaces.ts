export const workspaces = {
  title: "Workspaces",
};
