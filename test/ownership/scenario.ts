import { bit, type Bits, has, membersOf, none } from './bits.ts';
import { type Rule } from './rules.ts';

export type Side = 'A' | 'B';
export type Status = 'pending' | 'running' | 'suspended' | 'over';
type ControlKind = 'suspend' | 'resume' | 'terminate';

/** A message that may come to be, and how. */
export interface MessageSpec {
  /** `replace` is no message but a client's start that replaces a finished instance. */
  readonly kind: 'started' | 'event' | 'result' | ControlKind | 'replace';
  /** Name of an instance; the first one if left out. */
  readonly to?: string;
  /** A client sends it through that replica, once `after` was acknowledged. */
  readonly via?: Side;
  readonly after?: string;
  /** Addressed by key and generation: to that life of the id and no other. */
  readonly key?: { readonly life: number; readonly generation: number };
  /** Made from a row that is deleted for it. */
  readonly from?: 'timer' | 'activity';
  /** It must be sent if that one was recorded, unless its target is over by then. */
  readonly owedFor?: string;
  /** An activity that is created as its creator's own. */
  readonly isEager?: boolean;
  /** That message again, which continue-as-new carries over into the next generation, before all that arrived. */
  readonly copyOf?: string;
  /** The parent is told so of the end of that life of its child, whatever ends it. */
  readonly endOf?: { readonly child: string; readonly life: number };
  /** A termination of the parent that is to end its children as well sends it to them. */
  readonly recursionOf?: string;
}

export interface InstanceSpec {
  readonly owner?: Side;
  readonly status?: Status;
  readonly bell?: Bell;
  /** Names of messages that it begins with. */
  readonly inbox?: readonly string[];
}

export type Bell = 'silent' | 'now' | 'later';

/** A work item as a worker sees it. */
export interface Item {
  readonly instance: string;
  readonly generation: number;
  has(message: string): boolean;
}

export interface AnswerSpec {
  readonly says: string;
  readonly ends?: boolean;
  readonly renews?: boolean;
  /** Names of messages by key. */
  readonly sends?: readonly string[];
  /** Names of timers and activities that come to be. */
  readonly makes?: readonly string[];
  readonly starts?: readonly StartSpec[];
  /** Names of messages that continue-as-new puts into the inbox of the next generation. */
  readonly carries?: readonly string[];
}

interface StartSpec {
  readonly child: string;
  readonly started: string;
  /** Sent to the parent instead, when the id is taken. */
  readonly failed: string;
  readonly isEager?: boolean;
}

/** How often each may happen. */
export interface Budget {
  /** A replica is gone for good. */
  readonly crashes: number;
  /** A replica is paused for longer than its lease. */
  readonly pauses: number;
  /** The connection of a lane breaks after the bytes of a batch were written. */
  readonly lostConnections: number;
  readonly lostHints: number;
  /** The server refuses a batch for nobody's fault. */
  readonly refusals: number;
  /** Idle residents released to save memory, and turns given back by workers. */
  readonly releases: number;
}

export const nothingHappens: Budget = {
  crashes: 0,
  pauses: 0,
  lostConnections: 0,
  lostHints: 0,
  refusals: 0,
  releases: 0,
};

/** What a run of the model is about: a bounded world. */
export interface Scenario {
  readonly name: string;
  readonly instances: Readonly<Record<string, InstanceSpec | 'absent'>>;
  readonly messages: Readonly<Record<string, MessageSpec>>;
  /** Timers and activities that exist from the beginning. */
  readonly rows?: readonly string[];
  /** What workers may make of an item; by default the orchestration goes on without doing anything. */
  readonly answers?: (item: Item) => readonly AnswerSpec[];
  readonly budget?: Partial<Budget>;
  /** Replicas with a worker for these instances; by default both. */
  readonly workers?: readonly Side[];
  /** Writes that may share a batch; by default each goes alone. */
  readonly together?: number;
  /** Workers may answer turns at the replica that doesn't own the instance. */
  readonly answersElsewhere?: boolean;
  /** Messages that a resident holds in memory. */
  readonly heldMessages?: number;
  /** Messages that one batch reads of all inboxes together. */
  readonly loadedMessages?: number;
  /** Timers are polled by one of the replicas that the poller knows to live, and fired from memory; by default by all. */
  readonly hasPoller?: boolean;
  /** Instances that nothing but a back-off or a suspension keeps from their end. */
  readonly ends?: readonly string[];
  /** More claims than this that find nothing deliverable are passing an instance back and forth. */
  readonly futileClaims?: number;
}

export interface Message {
  readonly name: string;
  readonly number: number;
  readonly bit: Bits;
  readonly kind: MessageSpec['kind'];
  readonly to: number;
  readonly via: number | undefined;
  readonly after: number | undefined;
  readonly key: MessageSpec['key'];
  readonly from: MessageSpec['from'];
  readonly owedFor: number | undefined;
  readonly isEager: boolean;
  readonly isControl: boolean;
  readonly endOf: { readonly child: number; readonly life: number } | undefined;
  readonly recursionOf: number | undefined;
  readonly copyOf: number | undefined;
}

export interface Answer {
  readonly number: number;
  readonly says: string;
  readonly ends: boolean;
  readonly renews: boolean;
  readonly sends: readonly number[];
  readonly makes: Bits;
  readonly starts: readonly Start[];
  readonly carries: Bits;
}

export interface Start {
  readonly child: number;
  readonly started: number;
  readonly failed: number;
  readonly isEager: boolean;
}

/** A scenario, ready for steps: names are numbers, sets are bits. */
export class Model {
  readonly scenario: Scenario;
  readonly lacks: ReadonlySet<Rule>;
  readonly budget: Budget;
  readonly instances: readonly string[];
  readonly messages: readonly Message[];
  readonly workers: Bits;
  readonly heldMessages: number;
  readonly loadedMessages: number;
  readonly controls: Bits;
  /** What goes before all that arrived. */
  readonly front: Bits;
  readonly timers: Bits;
  readonly activities: Bits;
  /** Messages whose first sender is a client. */
  readonly calls: readonly Message[];
  readonly #to: readonly Bits[];
  readonly #answers = new Map<number, readonly Answer[]>();
  #answerCount = 0;

  constructor(scenario: Scenario, lacks: readonly Rule[] = []) {
    this.scenario = scenario;
    this.lacks = new Set(lacks);
    this.budget = { ...nothingHappens, ...scenario.budget };
    this.instances = Object.keys(scenario.instances);
    const specs = inInboxOrder(scenario.messages, this.lacks);
    const names = specs.map(([name]) => name);
    const numberOf = (name: string | undefined): number | undefined =>
      name === undefined ? undefined : names.indexOf(name);
    this.messages = specs.map(([name, spec], number) => ({
      name,
      number,
      bit: bit(number),
      kind: spec.kind,
      to: spec.to === undefined ? 0 : this.instances.indexOf(spec.to),
      via: spec.via && sideNumber(spec.via),
      after: numberOf(spec.after),
      key: spec.key,
      from: spec.from,
      owedFor: numberOf(spec.owedFor ?? spec.copyOf),
      isEager: spec.isEager ?? false,
      isControl: isControl(spec),
      endOf: spec.endOf && { child: this.instances.indexOf(spec.endOf.child), life: spec.endOf.life },
      recursionOf: numberOf(spec.recursionOf),
      copyOf: numberOf(spec.copyOf),
    }));
    this.workers = (scenario.workers ?? ['A', 'B']).reduce(
      (bits, side) => bits | bit(sideNumber(side)),
      none,
    );
    this.heldMessages = scenario.heldMessages ?? Infinity;
    this.loadedMessages = scenario.loadedMessages ?? Infinity;
    this.controls = this.#all((message) => message.isControl);
    const isAhead = (spec: MessageSpec | undefined): boolean =>
      spec !== undefined && rankOf(spec) < ranks.arrived;
    this.front = this.lacks.has('frontHeld')
      ? this.controls
      : this.#all(({ name }) => isAhead(scenario.messages[name]));
    this.timers = this.#all(({ from }) => from === 'timer');
    this.activities = this.#all(({ from }) => from === 'activity');
    this.calls = this.messages.filter(({ via }) => via !== undefined);
    this.#to = this.instances.map((_, instance) => this.#all(({ to }) => to === instance));
  }

  message(number: number): Message {
    return defined(this.messages[number]);
  }

  /** All messages for an instance that may be in its inbox. */
  messagesTo(instance: number): Bits {
    return defined(this.#to[instance]);
  }

  /** What the parent of that life is told when it ends. */
  newsOfEnd(instance: number, life: number): readonly number[] {
    const told = this.messages.filter(({ endOf }) => endOf?.child === instance && endOf.life === life);
    return told.map(({ number }) => number);
  }

  /** What goes to children with that termination of their parent. */
  recursionsOf(control: number): readonly number[] {
    return this.messages.filter(({ recursionOf }) => recursionOf === control).map(({ number }) => number);
  }

  bitsOf(names: readonly string[]): Bits {
    return this.#all(({ name }) => names.includes(name));
  }

  namesOf(bits: Bits): string {
    return membersOf(bits)
      .map((number) => this.message(number).name)
      .join(' ');
  }

  instanceName(instance: number): string {
    return defined(this.instances[instance]);
  }

  answersTo(instance: number, generation: number, item: Bits): readonly Answer[] {
    const key = (instance * 16 + generation) * 65_536 + item;
    let answers = this.#answers.get(key);
    if (!answers) {
      answers = this.#specsFor(instance, generation, item).map((spec) => this.#compile(spec));
      this.#answers.set(key, answers);
    }
    return answers;
  }

  #specsFor(instance: number, generation: number, item: Bits): readonly AnswerSpec[] {
    const { answers } = this.scenario;
    if (!answers) return [{ says: 'goes on' }];
    return answers({
      instance: this.instanceName(instance),
      generation,
      has: (name) => (this.bitsOf([name]) & item) !== none,
    });
  }

  #compile(spec: AnswerSpec): Answer {
    const { says, ends = false, renews = false, sends = [], makes = [], starts = [], carries = [] } = spec;
    return {
      number: this.#answerCount++,
      ...{ says, ends, renews },
      sends: membersOf(this.bitsOf(sends)),
      makes: this.bitsOf(makes),
      carries: this.bitsOf(carries),
      starts: starts.map(({ child, started, failed, isEager = false }) => ({
        child: this.instances.indexOf(child),
        started: this.#numberOf(started),
        failed: this.#numberOf(failed),
        isEager,
      })),
    };
  }

  #numberOf(name: string): number {
    return defined(this.messages.find((message) => message.name === name)).number;
  }

  #all(isMeant: (message: Message) => boolean): Bits {
    return this.messages.reduce((bits, message) => (isMeant(message) ? bits | message.bit : bits), none);
  }
}

/** Of its place in an inbox: what has the lower one goes before what was there first. */
const ranks = { control: 0, started: 1, carriedOver: 2, arrived: 3 };

function rankOf(spec: MessageSpec): number {
  if (isControl(spec)) return ranks.control;
  if (spec.kind === 'started') return ranks.started;
  return spec.copyOf === undefined ? ranks.arrived : ranks.carriedOver;
}

function isControl({ kind }: MessageSpec): boolean {
  return kind === 'suspend' || kind === 'resume' || kind === 'terminate';
}

/** By rank, then as they are written down. */
function inInboxOrder(
  messages: Readonly<Record<string, MessageSpec>>,
  lacks: ReadonlySet<Rule>,
): [string, MessageSpec][] {
  const place = (spec: MessageSpec): number =>
    spec.copyOf !== undefined && lacks.has('carriedFirst') ? ranks.arrived + 1 : rankOf(spec);
  return Object.entries(messages).sort(([, a], [, b]) => place(a) - place(b));
}

function sideNumber(side: Side): number {
  return side === 'A' ? 0 : 1;
}

export function sideName(side: number): Side {
  return side === 0 ? 'A' : 'B';
}

export function hasWorker({ workers }: Model, side: number): boolean {
  return has(workers, side);
}

/** A list index that the code around it knows to be there. */
export function defined<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the model looked for something that is not there');
  return value;
}
