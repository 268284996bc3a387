import { afterEach, describe, expect, test } from 'vitest';
import { AllowList } from './allow-list.ts';

let list: AllowList | undefined;
afterEach(() => {
  list?.close();
});

const allows = (ranges: readonly string[], address: string): boolean => {
  list = new AllowList(ranges, () => undefined);
  return list.allows(address);
};

describe('an address', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['10.1.0.0/16', '10.1.255.255', true],
    ['10.1.0.0/16', '10.2.0.0', false],
    // Bits behind the prefix don't count.
    ['10.1.2.3/16', '10.1.9.9', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['2001:db8::/32', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:DB8:0::1', '2001:db8::1', true],
    ['::1', '::1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    // It is one of IPv4, however it comes.
    ['10.1.0.0/16', '::ffff:10.1.2.3', true],
    ['10.1.0.0/16', '::ffff:10.2.2.3', false],
    ['0.0.0.0/0', '::ffff:203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '::ffff:203.0.113.9', false],
    ['::/0', '203.0.113.9', false],
    // Nothing is taken for granted.
    ['10.0.0.0/8', '127.0.0.1', false],
    ['10.0.0.0/8', '', false],
    ['::/0', '', false],
  ])('with the list %s, %s may connect: %s', (range, address, mayConnect) => {
    expect(allows([range], address)).toBe(mayConnect);
  });

  test('may be in any of several ranges', () => {
    const ranges = ['10.1.0.0/16', '2001:db8::/32', '127.0.0.1'];
    expect(ranges.map((range) => allows(ranges, range.replace(/\/\d+$/, '')))).toEqual([true, true, true]);
    expect(allows(ranges, '127.0.0.2')).toBe(false);
  });
});
