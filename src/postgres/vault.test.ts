import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { UnreadablePayloadError } from '../domain/errors.ts';
import { withSender } from '../domain/entity-message.ts';
import { noKeys, parseKeyRing } from './key-ring.ts';
import { headOf, isSealed, Vault } from './vault.ts';

const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [k1, k2] = [newKey('k1'), newKey('k2')];
const ring = (...entries: string[]): ReturnType<typeof parseKeyRing> =>
  parseKeyRing(entries.join('\n'), 'test');
const vault = new Vault(ring(k1));
const codeOf = (open: () => unknown): string => {
  try {
    open();
  } catch (error) {
    if (error instanceof UnreadablePayloadError) return error.code;
    throw error;
  }
  return 'opened';
};

describe('a sealed value', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('{"card":"4111"}')],
    ['what looks sealed', headOf('k1')],
    ['megabytes', randomBytes(3 * 1024 * 1024)],
  ])('is opened as it was: %s', (_, value) => {
    const sealed = vault.seal('input', value);
    expect(isSealed(sealed)).toBe(true);
    expect(sealed.subarray(0, 6)).toEqual(headOf('k1'));
    expect(vault.open('input', sealed).equals(value)).toBe(true);
    expect(new Vault(ring(k2, k1)).open('input', sealed).equals(value)).toBe(true);
    expect(value.length < 8 || !sealed.includes(value.subarray(0, 8))).toBe(true);
  });

  test('is another one each time, of each process and each value', () => {
    const value = Buffer.from('the same');
    const others = [new Vault(ring(k1)), new Vault(ring(k1)), vault];
    const sealed = [...others, ...others].map((each) => each.seal('input', value).toString('hex'));
    expect(new Set(sealed).size).toBe(6);
  });

  test('is refused when any byte of it is another one', () => {
    const sealed = vault.seal('input', Buffer.from('payload'));
    for (let at = 2; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(codeOf(() => vault.open('input', changed))).toMatch(/^(internal|failed_precondition)$/);
    }
  });

  test('is refused when it is cut off anywhere', () => {
    const sealed = vault.seal('input', Buffer.from('payload'));
    for (let length = 2; length < sealed.length; length++) {
      const code = codeOf(() => vault.open('input', sealed.subarray(0, length)));
      expect(code).toMatch(/^(internal|failed_precondition)$/);
    }
  });

  test('is refused in the place of another column', () => {
    const sealed = vault.seal('input', Buffer.from('payload'));
    expect(codeOf(() => vault.open('output', sealed))).toBe('internal');
  });

  test('whose key is not here names it; another key of its id does not open it', () => {
    const sealed = vault.seal('input', Buffer.from('payload'));
    for (const other of [noKeys, ring('clear', k2)]) {
      expect(() => new Vault(other).open('input', sealed)).toThrow(/sealed with the key 'k1', which/);
      expect(codeOf(() => new Vault(other).open('input', sealed))).toBe('failed_precondition');
    }
    expect(codeOf(() => new Vault(ring(newKey('k1'))).open('input', sealed))).toBe('internal');
  });
});

test('a value that is not sealed is itself, before and after; none that could be stored looks sealed', () => {
  const value = Buffer.from('"clear"');
  for (const each of [new Vault(noKeys), new Vault(ring('clear', k1))]) {
    expect(each.seal('input', value)).toBe(value);
    expect(each.sealMessage({ kind: 'call', event: value })).toBe(value);
    expect([each.sealText('input', null), each.sealNullable('failure', null)]).toEqual([null, null]);
  }
  expect(vault.open('input', value)).toBe(value);
  expect([vault.openText('input', null), vault.openNullable('failure', null)]).toEqual([null, null]);
  // UTF-8 of anything, lone surrogates included; fields of protobuf begin with a tag whose wire type is not 7.
  for (const text of ['ÿP\u0001', '\ud800', '\udfff', '\uffff']) {
    expect(isSealed(Buffer.from(text))).toBe(false);
  }
});

test('who sent a message to an entity stays clear, the message does not', () => {
  const event = withSender({ partition: 0xff, key: 0x50, generation: 7 }, Buffer.from('the operation'));
  const sealed = vault.sealMessage({ kind: 'call', event });
  expect(sealed.subarray(0, 13)).toEqual(event.subarray(0, 13));
  expect(sealed.includes('operation')).toBe(false);
  expect(vault.openMessage({ kind: 'call', event: sealed })).toEqual(event);
  expect(vault.openMessage({ kind: 'call', event })).toBe(event);
  const signal = vault.sealMessage({ kind: 'signal', event: Buffer.from('the signal') });
  expect(vault.openMessage({ kind: 'signal', event: signal }).toString()).toBe('the signal');
});

test('values of more processes than it keeps keys of are opened all the same', () => {
  const sealed = Array.from({ length: 1_100 }, (_, n) =>
    new Vault(ring(k1)).seal('input', Buffer.from(String(n))),
  );
  const reader = new Vault(ring(k1));
  for (const round of [0, 1]) {
    const opened = sealed.map((value) => reader.open('input', value).toString());
    expect(opened, `round ${round}`).toEqual(sealed.map((_, n) => String(n)));
  }
});
