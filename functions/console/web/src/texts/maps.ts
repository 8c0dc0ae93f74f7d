export const maps = {
  title: "Annotation maps",
};
