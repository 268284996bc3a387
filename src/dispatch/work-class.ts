import { isSuspect } from '../domain/back-off.ts';
import { hubKindKey, type WorkKind } from './filters.ts';
import { type WorkerStream, type WorkerStreams } from './streams.ts';

/** First in, first out, without shifting arrays. */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (this.#head < this.#items.length) this.#items[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  *takeAll(): Iterable<Item> {
    for (let item = this.shift(); item !== undefined; item = this.shift()) yield item;
  }
}

/** Classes remembered, but for those with work in them. */
const MOST_CLASSES = 10_000;

/** Streams that are compared for an item. */
const COMPARED = 32;
/** Lower than any number of slots. */
const AVOIDED = 0.5;

type StreamTest = (stream: WorkerStream) => boolean;

const anyStream: StreamTest = () => true;

/**
 * All work that streams judge alike: one hub, kind, name and version. Work waits in its class, so that work which no
 * free stream accepts never stands in front of work that one does.
 */
export class WorkClass<Item> {
  readonly hubId: number;
  readonly kind: WorkKind;
  readonly name: string;
  readonly version: string | null;
  readonly queue = new Queue<Item>();
  /** What streams take one by one. */
  readonly suspects = new Queue<Item>();
  readonly #streams: WorkerStreams;
  readonly #accepts = new WeakMap<WorkerStream, boolean>();

  constructor(
    key: { hubId: number; kind: WorkKind; name: string; version: string | null },
    streams: WorkerStreams,
  ) {
    this.hubId = key.hubId;
    this.kind = key.kind;
    this.name = key.name;
    this.version = key.version;
    this.#streams = streams;
  }

  isAcceptedBy(stream: WorkerStream): boolean {
    let accepts = this.#accepts.get(stream);
    if (accepts === undefined) {
      accepts = stream.filters[this.kind].accepts(this.name, this.version);
      this.#accepts.set(stream, accepts);
    }
    return accepts;
  }

  get isEmpty(): boolean {
    return this.queue.length === 0 && this.suspects.length === 0;
  }

  /** The streams here, busy or not, that take such work. */
  get accepting(): readonly WorkerStream[] {
    const { views } = this.#streams;
    let accepting = views.get(this);
    if (!accepting) {
      accepting = [...this.#streams.ofHub(this.hubId)].filter((stream) => this.isAcceptedBy(stream));
      views.set(this, accepting);
    }
    return accepting;
  }

  /** The best stream for what came to nothing so often: for a suspect one that has no other. */
  streamFor(timesLost: number, avoided: WorkerStream | undefined): WorkerStream | undefined {
    return this.bestStream(avoided, isSuspect(timesLost) ? (stream) => stream.takesSuspects : anyStream);
  }

  /** The accepting stream with most free slots; `avoided` only when no other has any. */
  bestStream(avoided?: WorkerStream, isWanted = anyStream): WorkerStream | undefined {
    return this.pick((stream) => {
      const slots = stream.freeSlots(this.kind);
      if (slots <= 0 || !isWanted(stream)) return 0;
      return stream === avoided ? AVOIDED : slots;
    });
  }

  /**
   * The accepting stream with the highest score above 0. Of many streams some are compared, beginning with another one
   * each time: thousands of workers must not make each item dearer.
   */
  pick(scoreOf: (stream: WorkerStream) => number): WorkerStream | undefined {
    const { accepting } = this;
    const from = accepting.length > COMPARED ? this.#streams.nextTurn() : 0;
    let best: WorkerStream | undefined;
    let most = 0;
    let compared = 0;
    for (let i = 0; i < accepting.length && compared < COMPARED; i++) {
      const stream = accepting[(from + i) % accepting.length];
      const score = stream ? scoreOf(stream) : 0;
      if (score <= 0) continue;
      if (score > AVOIDED) compared++;
      if (score <= most) continue;
      best = stream;
      most = score;
    }
    return best;
  }

  /** Is there a stream here, busy or not, that takes such work? */
  isServed(isWanted = anyStream): boolean {
    for (const stream of this.#streams.ofHub(this.hubId)) {
      if (isWanted(stream) && this.isAcceptedBy(stream)) return true;
    }
    return false;
  }
}

/** The classes of one engine, by hub and kind. Bounded by forgetting empty ones. */
export class WorkClasses<Item> {
  /** By hub and kind, then by version and name. */
  readonly #byKey = new Map<number, Map<string, WorkClass<Item>>>();
  #count = 0;
  /** Classes with something in their queue, by hub and kind. */
  readonly #waiting = new Map<number, Set<WorkClass<Item>>>();
  readonly #streams: WorkerStreams;

  constructor(streams: WorkerStreams) {
    this.#streams = streams;
  }

  of(hubId: number, kind: WorkKind, name: string, version: string | null): WorkClass<Item> {
    const group = hubKindKey(hubId, kind);
    // No name and no version has a NUL.
    const key = version === null ? name : `${version}\0${name}`;
    const known = this.#byKey.get(group)?.get(key);
    if (known) return known;
    if (this.#count >= MOST_CLASSES) this.#forgetEmpty();
    const fresh = new WorkClass<Item>({ hubId, kind, name, version }, this.#streams);
    const classes = this.#byKey.get(group) ?? new Map<string, WorkClass<Item>>();
    this.#byKey.set(group, classes.set(key, fresh));
    this.#count++;
    return fresh;
  }

  /** Whether there are suspects that wait. */
  get haveSuspects(): boolean {
    for (const waiting of this.#waiting.values()) {
      for (const { suspects } of waiting) if (suspects.length > 0) return true;
    }
    return false;
  }

  /** It waits for a stream; one that came to nothing so often for one without another suspect. */
  enqueue(workClass: WorkClass<Item>, item: Item, timesLost: number): void {
    (isSuspect(timesLost) ? workClass.suspects : workClass.queue).push(item);
    const key = hubKindKey(workClass.hubId, workClass.kind);
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.add(workClass);
    else this.#waiting.set(key, new Set([workClass]));
  }

  /** The next waiting item that this stream accepts; classes take turns. */
  next(stream: WorkerStream, kind: WorkKind): Item | undefined {
    const waiting = this.#waiting.get(hubKindKey(stream.hubId, kind));
    for (const workClass of waiting ?? []) {
      if (!workClass.isAcceptedBy(stream)) continue;
      const item = (stream.takesSuspects ? workClass.suspects.shift() : undefined) ?? workClass.queue.shift();
      if (item === undefined) continue;
      waiting?.delete(workClass);
      if (!workClass.isEmpty) waiting?.add(workClass);
      return item;
    }
    return undefined;
  }

  /** Empties the queues of classes that no stream here accepts any more; all of them when the replica drains. */
  takeUnserved(isDraining = false): Item[] {
    const items: Item[] = [];
    for (const waiting of this.#waiting.values()) {
      for (const workClass of [...waiting]) {
        if (!isDraining && workClass.isServed()) continue;
        waiting.delete(workClass);
        items.push(...workClass.suspects.takeAll(), ...workClass.queue.takeAll());
      }
    }
    return items;
  }

  #forgetEmpty(): void {
    for (const [group, classes] of this.#byKey) {
      for (const [key, workClass] of classes) {
        if (!workClass.isEmpty) continue;
        classes.delete(key);
        this.#count--;
      }
      if (classes.size === 0) this.#byKey.delete(group);
    }
  }
}
