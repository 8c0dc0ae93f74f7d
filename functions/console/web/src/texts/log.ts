export const log = {
  title: "Job log",
};
