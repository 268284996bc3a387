import { type WorkerStreams } from './dispatch/streams.ts';
import {
  alreadyElsewhere,
  invalidArgument,
  storeNotServed,
  taskHubMoving,
  taskHubNotFound,
  unavailable,
} from './domain/errors.ts';
import { type HubName, hubName } from './domain/ids.ts';
import { limits } from './domain/limits.ts';
import { DEFAULT_STORE, type HubPlace } from './domain/store.ts';
import { checkHubName } from './domain/validate.ts';
import { type EngineHost } from './engine-host.ts';
import { must } from './lib/assert.ts';
import { failpoint } from './lib/failpoints.ts';
import { type Context, type HubContext } from './scheduler/context.ts';
import { type HubDirectory, type HubList, type PlacedHub } from './scheduler/hubs.ts';

/*
 * Where a task hub is. A name belongs to one store at most: its place, a row in the default store, is written before the
 * hub is made in its own store, so a death between the two leaves a name that is kept for that store, and the next
 * creation goes on. A place makes one hub: the row of a deleted hub tells whoever was about to make it that it came too
 * late, and has to look where the name belongs by now.
 *
 * Calls don't ask for places: every store says for itself what it has, and a hub that is found is served whatever
 * becomes of the others. Only that a hub is nowhere takes the default store: without a place it can be in no other.
 */

/** An unknown name is not asked for again so soon. */
const UNKNOWN_FOR_MS = 1_000;
/** Names remembered, known and unknown; of more, the oldest are forgotten and asked for again. */
const REMEMBERED = 10_000;

/** A store of this process. */
export interface HubStore {
  readonly name: string;
  readonly streams: WorkerStreams;
  readonly host: Pick<EngineHost, 'context' | 'current'>;
}

interface HubOptions {
  /** Made at start; the first is meant when a call names none. */
  readonly configured: readonly HubName[];
  /** Hubs come into being when somebody names them. */
  readonly isDynamic: boolean;
  /** The default one first. */
  readonly stores: readonly HubStore[];
  /** Told of what failed and is made up for elsewhere. */
  readonly onIgnored: (task: string, error: unknown) => void;
}

interface FoundHub {
  readonly hubId: number;
  readonly at: HubStore;
}

interface KnownHub extends FoundHub {
  readonly hub: HubName;
  /** Made once per incarnation, not per call. */
  context: HubContext | undefined;
}

/** The task hubs of all stores. What it remembers may be old: a hub deleted elsewhere is noticed by hint, by the next look, or by a start. */
export class Hubs implements HubDirectory {
  readonly #options: HubOptions;
  readonly #stores: readonly HubStore[];
  readonly #main: HubStore;
  readonly #known = new Map<string, KnownHub>();
  readonly #unknown = new Map<string, number>();
  readonly first: HubName;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#stores = options.stores;
    this.#main = must(options.stores[0], 'the default store');
    this.first = options.configured[0] ?? hubName('default');
  }

  known(name: string | undefined): HubContext | undefined {
    const known = this.#known.get(name ?? this.first);
    const context = known?.at.host.current;
    return context && this.#contextOf(context, known);
  }

  async contextFor(name: string | undefined): Promise<HubContext> {
    const wanted = name ?? this.first;
    const known = this.#known.get(wanted);
    const served = known && this.#contextOf(await known.at.host.context(), known);
    if (served) return served;
    const found = await this.#find(wanted);
    const context = await found.at.host.context();
    const now = this.#contextOf(context, found);
    if (now) return now;
    // Its move was ended after this incarnation began: the next one serves it.
    context.startOver('a task hub that was to move stays');
    throw taskHubMoving(wanted);
  }

  /** Undefined, and it is forgotten, when this incarnation may not serve it. */
  #contextOf(context: Context, known: KnownHub): HubContext | undefined {
    if (known.context?.store !== context.store) {
      const { hubId, hub } = known;
      if (context.store.movingHubs.has(hubId)) {
        this.#known.delete(hub);
        return undefined;
      }
      known.context = { ...context, hubId, hub, current: () => this.#lookAgain(known) };
    }
    return known.context;
  }

  /** Makes the configured hubs in the default store; whoever gave a name to another one has made its hub there. */
  async prepare(): Promise<void> {
    const { store } = await this.#main.host.context();
    for (const hub of this.#options.configured) {
      const place = await store.placeHub(hub, this.#main.name);
      if (place.store === this.#main.name) await this.#make(hub, this.#main.name);
    }
  }

  async create(name: HubName, wanted?: string): Promise<void> {
    if (wanted !== undefined && !this.#stores.some((at) => at.name === wanted)) {
      throw invalidArgument(`this server has no store '${wanted}': PERDURA_STORES names them`);
    }
    const found = await this.#look(name);
    if (!found) await this.#make(name, wanted);
    else if (wanted === undefined || found.at.name === wanted) this.#remember(name, found);
    else throw alreadyElsewhere(name, found.at.name);
  }

  async delete(name: HubName): Promise<string | undefined> {
    const found = await this.#look(name);
    if (!found) return undefined;
    const { store } = await found.at.host.context();
    const deleted = await store.deleteHub(name);
    if (deleted?.placeId !== undefined) await this.#forgetPlace(name, deleted.placeId);
    store.hint([{ kind: 'hubs' }]);
    await this.refresh(found.at.name);
    return deleted && found.at.name;
  }

  /** The hub is gone whether this succeeds or not: a place that stays is used up, and the next creation replaces it. */
  async #forgetPlace(name: HubName, placeId: number): Promise<void> {
    try {
      await this.#main.host.current?.store.forgetPlace(name, placeId);
    } catch (error) {
      this.#options.onIgnored('forget-place', error);
    }
  }

  async list(): Promise<HubList> {
    // Where some answer, nobody waits for one that is away.
    const isPatient = this.#stores.every(({ host }) => host.current === undefined);
    const answers = await Promise.allSettled(this.#stores.map((at) => hubsIn(at, isPatient)));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    // One that has arrived elsewhere is there.
    const settled = new Set(found.filter(({ isMoving }) => !isMoving).map(({ name }) => name));
    const hubs = found.filter(({ name, isMoving }) => !isMoving || !settled.has(name));
    const failed = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as Error] : [],
    );
    if (failed.length === answers.length) throw must(failed[0], 'why no store answers');
    for (const error of failed) this.#options.onIgnored('list-hubs', error);
    return {
      hubs: hubs.toSorted(byName).slice(0, limits.listedHubs),
      stores: this.#stores.map(({ name }, i) => ({ name, isServing: answers[i]?.status === 'fulfilled' })),
    };
  }

  /** Hubs of a store came or went: forgets what is gone and ends its streams. */
  async refresh(storeName = DEFAULT_STORE): Promise<void> {
    const at = this.#at(storeName);
    const { store } = await at.host.context();
    // A hub that is made while the list is read is not on it.
    const known = [...this.#known].filter(([, hub]) => hub.at === at);
    const served = [...at.streams.hubIds()];
    const living = new Set((await store.listHubs()).map(({ hubId }) => hubId));
    this.#unknown.clear();
    for (const [name, { hubId }] of known) if (!living.has(hubId)) this.#known.delete(name);
    at.streams.endHubs(served.filter((hubId) => !living.has(hubId)));
  }

  async #lookAgain({ hub, hubId, at }: KnownHub): Promise<HubContext> {
    const { store } = await at.host.context();
    if ((await store.findHub(hub)) !== hubId) this.#known.delete(hub);
    return this.contextFor(hub);
  }

  async #find(name: string): Promise<KnownHub> {
    const unknownUntil = this.#unknown.get(name) ?? 0;
    if (unknownUntil > performance.now()) throw taskHubNotFound(name);
    checkHubName(name);
    const found = await this.#look(name);
    return found ? this.#remember(hubName(name), found) : this.#makeDynamic(hubName(name));
  }

  /** The hub's store; undefined when it is certain that none has it. */
  async #look(name: string): Promise<FoundHub | undefined> {
    const answers = this.#stores.map((at) => findIn(at, name));
    const found = Promise.any(
      answers.map(async (answer) => (await answer) ?? Promise.reject(taskHubNotFound(name))),
    );
    const certain = this.#lookForCertain(name, answers);
    return Promise.any([found, certain]).catch(() => certain);
  }

  /** By the word of the default store, of the one that has the hub's place, and of all others that serve. */
  async #lookForCertain(
    name: string,
    answers: readonly Promise<FoundHub | undefined>[],
  ): Promise<FoundHub | undefined> {
    const here = await answers[0];
    if (here) return here;
    const { store } = await this.#main.host.context();
    const place = await store.findPlace(name);
    if (place) return this.#lookAt(place, name);
    const serving = answers.filter((_, i) => this.#stores[i]?.host.current !== undefined);
    const rest = await Promise.allSettled(serving);
    return rest.flatMap((each) => (each.status === 'fulfilled' ? (each.value ?? []) : []))[0];
  }

  /** In the store that has its place, until that is still the same afterwards: a hub may be on its way between two. */
  async #lookAt(place: HubPlace, name: string): Promise<FoundHub | undefined> {
    const found = await findIn(this.#at(place.store, name), name);
    if (found) return found;
    const { store } = await this.#main.host.context();
    const now = await store.findPlace(name);
    return now && now.placeId !== place.placeId ? this.#lookAt(now, name) : undefined;
  }

  #at(store: string, hub?: string): HubStore {
    const at = this.#stores.find(({ name }) => name === store);
    if (!at) throw storeNotServed(store, hub);
    return at;
  }

  async #makeDynamic(name: HubName): Promise<KnownHub> {
    if (this.#options.isDynamic) return this.#make(name, undefined);
    forgetOldest(this.#unknown);
    this.#unknown.set(name, performance.now() + UNKNOWN_FOR_MS);
    throw taskHubNotFound(name);
  }

  /** Makes the hub, if it is absent, where its name has its place; one that has none gets it in `wanted`, else in the default store. */
  async #make(name: HubName, wanted: string | undefined): Promise<KnownHub> {
    for (;;) {
      const { store: main } = await this.#main.host.context();
      const place = await main.placeHub(name, wanted ?? this.#main.name);
      failpoint('after-place');
      const at = this.#at(place.store, name);
      const { store } = await at.host.context();
      if (wanted !== undefined && place.store !== wanted) {
        if (!(await store.isUsedUp(name, place.placeId))) throw alreadyElsewhere(name, place.store);
        await main.forgetPlace(name, place.placeId);
        continue;
      }
      const hubId = await store.createHub(name, place.placeId);
      if (hubId !== undefined) {
        store.hint([{ kind: 'hubs' }]);
        return this.#remember(name, { hubId, at });
      }
      await main.forgetPlace(name, place.placeId);
    }
  }

  #remember(hub: HubName, { hubId, at }: FoundHub): KnownHub {
    forgetOldest(this.#known);
    const known = { hubId, at, hub, context: undefined };
    this.#known.set(hub, known);
    this.#unknown.delete(hub);
    return known;
  }
}

async function findIn(at: HubStore, name: string): Promise<FoundHub | undefined> {
  const { store } = await at.host.context();
  const hubId = await store.findHub(name);
  return hubId === undefined ? undefined : { hubId, at };
}

async function hubsIn({ name, host }: HubStore, isPatient: boolean): Promise<PlacedHub[]> {
  const context = isPatient ? await host.context() : host.current;
  if (!context) throw unavailable(`the store '${name}' is not available`);
  return (await context.store.listHubs()).map((hub) => ({ ...hub, store: name }));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function forgetOldest(names: Map<string, unknown>): void {
  if (names.size < REMEMBERED) return;
  const [oldest] = names.keys();
  if (oldest !== undefined) names.delete(oldest);
}
