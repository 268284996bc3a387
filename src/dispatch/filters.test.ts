import { describe, expect, test } from 'vitest';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { entityNameOf } from '../domain/entity-id.ts';
import { everythingKey, Filter, filtersOf } from './filters.ts';

describe('a filter', () => {
  test('without entries at all accepts everything', () => {
    const filter = new Filter(null, false);
    expect([filter.accepts('A', null), filter.accepts('', '1')]).toEqual([true, true]);
    expect(filter.acceptsNothing).toBe(false);
    expect(filter.claim).toBe('everything');
  });

  test('with an empty list accepts nothing', () => {
    const filter = new Filter([], false);
    expect(filter.accepts('A', null)).toBe(false);
    expect(filter.acceptsNothing).toBe(true);
    expect(filter.claim).toEqual([]);
  });

  test('with a name and no versions accepts every version of it', () => {
    const filter = new Filter([{ name: 'A', versions: [] }, { name: 'B' }], false);
    expect(['A', 'B', 'C'].map((name) => filter.accepts(name, '7'))).toEqual([true, true, false]);
    expect(filter.accepts('A', null)).toBe(true);
    expect(filter.claim).toEqual([
      { name: 'A', version: null, ignoresCase: false },
      { name: 'B', version: null, ignoresCase: false },
    ]);
  });

  test('with versions accepts these; the empty one means unversioned as well', () => {
    const filter = new Filter([{ name: 'A', versions: ['1', ''] }], false);
    expect(['1', '', null, '2'].map((version) => filter.accepts('A', version))).toEqual([
      ...[true, true, true, false],
    ]);
    expect(new Filter([{ name: 'A', versions: ['1'] }], false).accepts('A', null)).toBe(false);
  });

  test.each([
    [
      [['1'], ['2']],
      ['1', '2'],
    ],
    [[['1'], []], [null]],
    [[[], ['1']], [null]],
    [[['1'], [], ['2']], [null]],
  ])('unites several entries of one name: %j', (lists, versions) => {
    const filter = new Filter(
      lists.map((list) => ({ name: 'A', versions: list })),
      false,
    );
    expect(filter.claim).toEqual(versions.map((version) => ({ name: 'A', version, ignoresCase: false })));
  });

  test('ignores the case of names for those who do, but never that of versions', () => {
    const filter = new Filter(
      [
        { name: 'Order', versions: ['a'] },
        { name: 'ORDER', versions: ['B'] },
      ],
      true,
    );
    expect(filter.accepts('oRdEr', 'a')).toBe(true);
    expect([filter.accepts('order', 'B'), filter.accepts('order', 'b')]).toEqual([true, false]);
    expect(filter.claim).toMatchObject([{ ignoresCase: true }, { ignoresCase: true }]);
    expect(new Filter([{ name: 'Order' }], false).accepts('order', null)).toBe(false);
  });
});

test('a filter that ignores case ignores that of A to Z alone, like a claim', () => {
  const filter = new Filter([{ name: 'ÜberPrüfung' }], true);
  expect(['ÜBERPRüFUNG', 'überprüfung'].map((name) => filter.accepts(name, null))).toEqual([true, false]);
  expect(filter.claim).toEqual([{ name: 'Überprüfung', version: null, ignoresCase: true }]);
});

describe('the key of a filter', () => {
  const a = { name: 'A', versions: ['2', '1'] };

  test('is the same for filters that accept the same, however they say it', () => {
    const [one, other] = [
      new Filter([a, { name: 'B' }], false),
      new Filter([{ name: 'B' }, { name: 'A', versions: ['1'] }, { name: 'A', versions: ['2'] }], false),
    ];
    expect(one.key).toBe(other.key);
    expect(new Filter(null, true).key).toBe(everythingKey);
  });

  test('differs for filters that don’t', () => {
    const filters = [
      new Filter(null, false),
      new Filter([], false),
      new Filter([{ name: '*' }], false),
      new Filter([{ name: 'a' }], false),
      new Filter([{ name: 'a' }], true),
      new Filter([{ name: 'a', versions: [''] }], false),
      new Filter([{ name: 'a","b' }], false),
    ];
    expect(new Set(filters.map(({ key }) => key)).size).toBe(filters.length);
  });
});

describe('the filters of a stream', () => {
  const filters: MessageInput<'WorkItemFilters'> = {
    orchestrations: [{ name: 'Order', versions: [] }],
    entities: [{ name: 'Counter' }],
  };
  const asked = (workItemFilters: typeof filters | null, maxConcurrentEntityWorkItems = 0) =>
    codec.decode(
      'GetWorkItemsRequest',
      codec.encode('GetWorkItemsRequest', { workItemFilters, maxConcurrentEntityWorkItems }),
    );
  const sent = asked(filters);

  test('accept everything of every kind when the worker sent none', () => {
    const { orchestration, activity, entity } = filtersOf(asked(null), undefined);
    expect([orchestration, activity, entity].map((filter) => filter.claim)).toEqual([
      ...['everything', 'everything', 'everything'],
    ]);
  });

  test('accept nothing of a kind that was left out', () => {
    expect(filtersOf(sent, undefined).activity.acceptsNothing).toBe(true);
  });

  test.each([
    ['grpc-dotnet/2.71.0 (.NET 8.0.1; CLR 8.0.1; net8.0; linux; x64)', true],
    ['durabletask-dotnet/1.10', true],
    ['grpc-java-netty/1.68', false],
    ['grpc-node-js/1.14', false],
    [undefined, false],
  ])('ignore the case of orchestrators for .NET only: %s', (userAgent, ignoresCase) => {
    const { orchestration, entity } = filtersOf(sent, userAgent);
    expect(orchestration.accepts('order', null)).toBe(ignoresCase);
    expect(entity.accepts('counter', null), 'entities: always').toBe(true);
  });

  const java = 'durabletask-java/1.9 grpc-java-netty/1.68';
  const noEntities = { orchestrations: [{ name: 'Order' }] };
  test.each([
    ['a Java worker with entities, whose filters can name none', java, asked(noEntities, 5), true],
    ['a Java worker without entities', java, asked(noEntities), false],
    ['a Java worker with entities and without filters', java, asked(null, 5), true],
    ['a Java worker without either, which could drop them', 'grpc-java-netty/1.59', asked(null), false],
    ['another worker that names none', 'grpc-node-js/1.14', asked(noEntities, 5), false],
    ['a Go worker, which would drop them', 'grpc-go/1.66.0', asked(null), false],
    ['a worker that sends nothing of all this', undefined, asked(null), true],
  ])('accept entities of %s: %s', (_what, userAgent, request, isAccepted) => {
    const { entity, orchestration } = filtersOf(request, userAgent);
    expect(entity.accepts('counter', null)).toBe(isAccepted);
    expect(entity.acceptsNothing).toBe(!isAccepted);
    expect(orchestration.accepts('Order', null)).toBe(true);
  });
});

test('entities are matched by names that ignore case, whatever the letters', () => {
  const sent = { orchestrations: [], activities: [], entities: [{ name: 'ÜBERTRAG' }] };
  const { entity } = filtersOf({ workItemFilters: sent, maxConcurrentEntityWorkItems: 0 }, undefined);
  expect(entity.accepts(entityNameOf('@Übertrag@1'), null)).toBe(true);
  expect(entity.claim).toEqual([{ name: 'übertrag', version: null, ignoresCase: false }]);
});
