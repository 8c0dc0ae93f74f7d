const WINDOW_MS = 10_000;
const TELL_MS = 200;

/** Counts what has been sent, part by part, and how fast. */
export class Pace {
  #tell: (sent: number, rate: number) => void;
  #found = 0;
  #parts = new Map<number, number>();
  #points: [number, number][] = [];
  #told = 0;

  constructor(tell: (sent: number, rate: number) => void) {
    this.#tell = tell;
  }

  begin(): void {
    this.#found = 0;
    this.#parts.clear();
    this.#points = [[performance.now(), 0]];
  }

  /** Bytes that were there already: they say nothing of the line's speed. */
  found(bytes: number): void {
    this.#found += bytes;
    this.#look();
  }

  /** How much of a part has been sent. */
  sent(number: number, bytes: number): void {
    this.#parts.set(number, bytes);
    this.#look();
  }

  #look(): void {
    const now = performance.now();
    const sent = [...this.#parts.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (now - this.#told < TELL_MS) return;
    this.#told = now;
    this.#points.push([now, sent]);
    while (this.#points.length > 2 && now - (this.#points[0]?.[0] ?? now) > WINDOW_MS) this.#points.shift();
    const [began, before] = this.#points[0] ?? [now, sent];
    this.#tell(this.#found + sent, now - began < 500 ? 0 : Math.max(0, (sent - before) / ((now - began) / 1000)));
  }
}
