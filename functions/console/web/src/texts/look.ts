export const look = {
  title: "Look",
};
