import { expect, test } from 'vitest';
import { readSettings } from '../config.ts';
import { banner, startedFields } from './banner.ts';

const settings = readSettings({ command: 'dev', env: { PERDURA_TASK_HUBS: 'first,second' }, flags: {} });

// Others than these two together are refused by some SDK.
test('a start says where everything is and what to paste: http without authentication (entities §0.12)', () => {
  const server = { grpcAddress: '127.0.0.1:8080', metricsAddress: '127.0.0.1:9090' };
  const text = banner({ settings, server, dataDir: '/data' });
  expect(text).toContain('gRPC endpoint       http://localhost:8080\n');
  expect(text).toContain('Metrics and health  http://localhost:9090/metrics\n');
  expect(text).toContain('Task hubs           first, second\n');
  expect(text).toContain('Data folder         /data\n');
  expect(text).toContain('Endpoint=http://localhost:8080;Authentication=None;TaskHub=first\n');
});

test.each([
  ['0.0.0.0:1', 'http://localhost:1'],
  ['[::]:1', 'http://localhost:1'],
  ['10.0.0.7:1', 'http://10.0.0.7:1'],
])('a server bound to %s is reached at %s', (grpcAddress, shown) => {
  const fields = startedFields({
    settings,
    server: { grpcAddress, metricsAddress: 'x:1' },
    dataDir: undefined,
  });
  expect(fields['gRPC endpoint']).toBe(shown);
  expect(fields).not.toHaveProperty('Data folder');
});
