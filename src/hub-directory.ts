import { type WorkerStreams } from './dispatch/streams.ts';
import { taskHubNotFound } from './domain/errors.ts';
import { type HubName, hubName } from './domain/ids.ts';
import { type TaskHub } from './domain/store.ts';
import { checkHubName } from './domain/validate.ts';
import { type EngineHost } from './engine-host.ts';
import { type Context, type HubContext } from './scheduler/context.ts';
import { type HubDirectory } from './scheduler/hubs.ts';

/** An unknown name is not asked for again so soon. */
const UNKNOWN_FOR_MS = 1_000;
/** Names remembered, known and unknown; of more, the oldest are forgotten and asked for again. */
const REMEMBERED = 10_000;

interface HubOptions {
  /** Made at start; the first is meant when a call names none. */
  readonly configured: readonly HubName[];
  /** Hubs come into being when somebody names them. */
  readonly isDynamic: boolean;
  readonly streams: WorkerStreams;
  readonly host: Pick<EngineHost, 'context' | 'current'>;
}

interface KnownHub {
  readonly hubId: number;
  readonly hub: HubName;
  /** Made once per incarnation, not per call. */
  context: HubContext | undefined;
}

/** The task hubs of one store. What it remembers may be old: a hub deleted elsewhere is noticed by hint, by the next look, or by a start. */
export class Hubs implements HubDirectory {
  readonly #options: HubOptions;
  readonly #known = new Map<string, KnownHub>();
  readonly #unknown = new Map<string, number>();
  readonly #default: HubName;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#default = options.configured[0] ?? hubName('default');
  }

  known(name: string | undefined): HubContext | undefined {
    const context = this.#options.host.current;
    const known = context && this.#known.get(name ?? this.#default);
    return known && this.#contextOf(context, known);
  }

  async contextFor(name: string | undefined): Promise<HubContext> {
    const context = await this.#options.host.context();
    const wanted = name ?? this.#default;
    return this.#contextOf(context, this.#known.get(wanted) ?? (await this.#find(context, wanted)));
  }

  #contextOf(context: Context, known: KnownHub): HubContext {
    if (known.context?.store !== context.store) {
      const { hubId, hub } = known;
      known.context = { ...context, hubId, hub, current: () => this.#lookAgain(hub, hubId) };
    }
    return known.context;
  }

  /** Makes the configured hubs. */
  async prepare(): Promise<void> {
    for (const hub of this.#options.configured) await this.create(hub);
  }

  async create(name: HubName): Promise<void> {
    const { store } = await this.#options.host.context();
    this.#remember(name, await store.createHub(name));
    store.hint([{ kind: 'hubs' }]);
  }

  async delete(name: HubName): Promise<boolean> {
    const { store } = await this.#options.host.context();
    const isDeleted = await store.deleteHub(name);
    store.hint([{ kind: 'hubs' }]);
    await this.refresh();
    return isDeleted;
  }

  async list(): Promise<TaskHub[]> {
    const { store } = await this.#options.host.context();
    return store.listHubs();
  }

  /** Hubs came or went: forgets what is gone and ends its streams. */
  async refresh(): Promise<void> {
    const { store } = await this.#options.host.context();
    // A hub that is made while the list is read is not on it.
    const known = [...this.#known];
    const served = [...this.#options.streams.hubIds()];
    const living = new Set((await store.listHubs()).map(({ hubId }) => hubId));
    this.#unknown.clear();
    for (const [name, { hubId }] of known) if (!living.has(hubId)) this.#known.delete(name);
    this.#options.streams.endHubs(served.filter((hubId) => !living.has(hubId)));
  }

  async #lookAgain(hub: HubName, hubId: number): Promise<HubContext> {
    const { store } = await this.#options.host.context();
    if ((await store.findHub(hub)) !== hubId) this.#known.delete(hub);
    return this.contextFor(hub);
  }

  async #find(context: Context, name: string): Promise<KnownHub> {
    const unknownUntil = this.#unknown.get(name) ?? 0;
    if (unknownUntil > performance.now()) throw taskHubNotFound(name);
    checkHubName(name);
    const hubId = (await context.store.findHub(name)) ?? (await this.#makeDynamic(context, name));
    return this.#remember(hubName(name), hubId);
  }

  async #makeDynamic({ store }: Context, name: string): Promise<number> {
    if (this.#options.isDynamic) return store.createHub(name);
    forgetOldest(this.#unknown);
    this.#unknown.set(name, performance.now() + UNKNOWN_FOR_MS);
    throw taskHubNotFound(name);
  }

  #remember(hub: HubName, hubId: number): KnownHub {
    forgetOldest(this.#known);
    const known = { hubId, hub, context: undefined };
    this.#known.set(hub, known);
    this.#unknown.delete(hub);
    return known;
  }
}

function forgetOldest(names: Map<string, unknown>): void {
  if (names.size < REMEMBERED) return;
  const [oldest] = names.keys();
  if (oldest !== undefined) names.delete(oldest);
}
