const PATHS = {
  menu: "M3 5h14M3 10h14M3 15h14",
  close: "M5 5l10 10M15 5L5 15",
  more: "M10 4.5v.01M10 10v.01M10 15.5v.01",
  plus: "M10 4v12M4 10h12",
  download: "M10 3v9m-4-4 4 4 4-4M4 16h12",
  upload: "M10 13V4m-4 4 4-4 4 4M4 16h12",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6",
  edit: "M4 16l.8-3.2L13.2 4.4l2.4 2.4-8.4 8.4L4 16z",
  search: "M8.5 14a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11zM12.5 12.5L17 17",
  right: "M8 5l5 5-5 5",
  left: "M12 5l-5 5 5 5",
  up: "M5 12l5-5 5 5",
  down: "M5 8l5 5 5-5",
  pause: "M7 4v12M13 4v12",
  play: "M7 4l9 6-9 6z",
  copy: "M7 7h9v9H7zM4 13V4h9",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  moon: "M16 11.6A6.6 6.6 0 0 1 8.4 4 6.6 6.6 0 1 0 16 11.6z",
  system: "M3 4h14v9H3zM7 17h6M10 13v4",
  leave: "M8 4H4v12h4M12 6l4 4-4 4M16 10H8",
  happening: "M2 10h4l2-6 4 12 2-6h4",
  workspaces: "M3 5h5l2 2h7v9H3z",
  maps: "M3 4l5 2 4-2 5 2v10l-5-2-4 2-5-2zM8 6v10M12 4v10",
  subscriptions: "M5 8a5 5 0 0 1 10 0v4l1.5 2.5h-13L5 12zM8.5 17h3",
  tokens: "M13 3a4 4 0 1 1-3.4 6.1L3.5 15.2V17H6v-2h2v-2l2.4-2.4M14 6.5v.01",
  image: "M3 4h14v12H3zM3 14l4-4 3 3 3-3 4 4M7 8v.01",
  report: "M4 16V4M4 16h13M7.5 13V9M11 13V6M14.5 13v-2.5",
  log: "M5 3h7l3 3v11H5zM8 9h5M8 12h5",
  queued: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
  running: "M5 3h10M5 17h10M6 3c0 4 4 5 4 7s-4 3-4 7M14 3c0 4-4 5-4 7s4 3 4 7",
  failed: "M10 2.5l8 14.5H2zM10 8v4M10 14.5v.01",
  cancelled: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM5.2 5.2l9.6 9.6",
  complete: "M4 10.5l4 4 8-9",
  info: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9v5M10 6.2v.01",
  external: "M11 4h5v5M16 4l-7 7M8 5H4v11h11v-4",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside a text, or with a `label` in place of one. */
export function Icon({ name, label, class: kind = "" }: { name: IconName; label?: string; class?: string }) {
  const said = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": true };
  return (
    <svg class={`icon icon-${name} ${kind}`} viewBox="0 0 20 20" {...said}>
      {label && <title>{label}</title>}
      <path d={PATHS[name]} />
    </svg>
  );
}
