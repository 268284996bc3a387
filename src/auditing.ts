import { type Audit } from './auth/roles.ts';
import { auditLoops } from './background/loops.ts';
import { type Loop } from './background/loop.ts';
import { type Store } from './domain/store.ts';
import { CallAudit } from './grpc/call-audit.ts';
import { codec } from './protocol/codec.ts';
import { type HubDirectory } from './scheduler/hubs.ts';
import { type SecuritySettings } from './security-settings.ts';
import { AuditLog } from './telemetry/audit-log.ts';
import { type Logger } from './telemetry/log.ts';
import { type Metrics } from './telemetry/metrics.ts';

const audited: Readonly<Record<SecuritySettings['audit'], readonly Audit[]>> = {
  off: [],
  manage: ['manage'],
  all: ['manage', 'send'],
};

interface AuditParts {
  readonly settings: Pick<SecuritySettings, 'audit' | 'auditRetention'>;
  readonly hubs: Pick<HubDirectory, 'first'>;
  /** The default one, now; throws when there is none to be had at once. */
  readonly store: () => Pick<Store, 'writeAudit' | 'forgetAudit'>;
  readonly log: Logger;
  readonly metrics: Metrics;
}

interface Auditing {
  readonly calls: CallAudit;
  readonly loops: readonly Loop[];
  /** When calls and loops have ended. */
  close(): Promise<void>;
}

/** How this server writes down who did what. What is old is forgotten even where nothing new is written. */
export function openAudit({ settings, hubs, store, log, metrics }: AuditParts): Auditing {
  const entries = new AuditLog({ log, metrics, write: async (batch) => store().writeAudit(batch) });
  const audits = new Set(audited[settings.audit]);
  return {
    calls: new CallAudit({ audits, entries, hubs, codec, log }),
    loops: auditLoops(
      () => entries.flush(),
      async () => store().forgetAudit(settings.auditRetention),
    ),
    close: () => entries.close(),
  };
}
