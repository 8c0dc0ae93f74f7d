/** Where the image is in the window: its scale, and the place of its top left corner in px. */
export interface Frame {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

const MARGIN_PX = 12;
const MOST_FIT = 6; // a small image is not blown up further than this by itself

/** The frame that shows all of an image. */
export function fitting(width: number, height: number, size: Size): Frame {
  if (!width || !height || !size.width || !size.height) return { scale: 1, x: 0, y: 0 };
  const scale = Math.min((size.width - 2 * MARGIN_PX) / width, (size.height - 2 * MARGIN_PX) / height, MOST_FIT);
  return { scale, x: (size.width - width * scale) / 2, y: (size.height - height * scale) / 2 };
}

/** A frame that keeps the image in sight. */
export function within(frame: Frame, fit: Frame, width: number, height: number, size: Size): Frame | null {
  if (frame.scale <= fit.scale * 1.001) return null;
  const inside = (at: number, length: number, room: number) => Math.min(room / 2, Math.max(room / 2 - length, at));
  return {
    scale: frame.scale,
    x: inside(frame.x, width * frame.scale, size.width),
    y: inside(frame.y, height * frame.scale, size.height),
  };
}
