// Settings that say who may come in, and how their connections are kept private.

import { readSetting, type Setting, setting, type SettingsSource } from './read-setting.ts';
import { addressRanges, audiences, bool, issuerUrl, oneOf, span, text, whole } from './setting-kinds.ts';

export interface SecuritySettings {
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly tlsClientCaFile: string | undefined;
  readonly apiKeys: boolean;
  readonly jwtIssuer: string | undefined;
  readonly jwtAudiences: readonly string[];
  readonly grantsFile: string | undefined;
  readonly identityPort: number | undefined;
  /** Empty: everybody may connect. */
  readonly allowFrom: readonly string[];
  readonly audit: (typeof auditLevels)[number];
  /** Seconds. */
  readonly auditRetention: number;
  readonly encryptionKeysFile: string | undefined;
  readonly encryptionKeys: string | undefined;
}

const auditLevels = ['off', 'manage', 'all'] as const;

const pemFile = text('file', 'a PEM file');

export const securitySettingsTable: { readonly [K in keyof SecuritySettings]: Setting<SecuritySettings[K]> } =
  {
    tlsCertFile: {
      ...pemFile,
      fallback: undefined,
      shown: 'unset: no TLS',
      sentence: 'The TLS certificate of all ports, with its chain; read again when it changes.',
    },
    tlsKeyFile: { ...pemFile, fallback: undefined, shown: 'unset: no TLS', sentence: 'Its private key.' },
    tlsClientCaFile: {
      ...pemFile,
      fallback: undefined,
      shown: 'unset: clients need no certificate',
      sentence: 'The authorities whose certificates of clients the gRPC endpoint believes.',
    },
    apiKeys: setting(
      bool,
      false,
      'Callers need a key that "perdura key create" made, or another credential that is set.',
    ),
    jwtIssuer: {
      ...issuerUrl,
      fallback: undefined,
      shown: 'unset: no tokens',
      sentence: 'Callers may show a token (JWT) of this OIDC issuer; PERDURA_GRANTS_FILE gives it roles.',
    },
    jwtAudiences: setting(
      audiences,
      ['https://durabletask.io'],
      'Whom tokens are for: one of these, separated by commas.',
    ),
    grantsFile: {
      ...text('file', 'a JSON file'),
      fallback: undefined,
      shown: 'unset: none',
      sentence: 'The roles of callers that show tokens or certificates, as a JSON file; read at the start.',
    },
    identityPort: {
      ...whole(0, 65_535),
      fallback: undefined,
      shown: 'unset: none',
      sentence:
        'Port where SDKs that use a managed identity get a token for their API key; 0 takes any free one.',
    },
    allowFrom: {
      ...addressRanges,
      fallback: [],
      shown: 'unset: from everywhere',
      sentence:
        'Addresses and ranges of addresses that may connect to the gRPC endpoint and to that of managed identities.',
    },
    audit: {
      ...oneOf(auditLevels),
      fallback: (command) => (command === 'dev' ? 'off' : 'manage'),
      shown: 'off (dev), manage (serve)',
      sentence:
        'What is written to the audit log: calls that manage or destroy, or all by which clients change something.',
    },
    auditRetention: {
      ...span,
      fallback: 90 * 86_400,
      shown: '90d',
      sentence: 'How long entries of the audit log are kept, such as 90d or 12h.',
    },
    encryptionKeysFile: {
      ...text('file', 'a file of keys'),
      fallback: undefined,
      shown: 'unset: payloads are not encrypted',
      sentence: 'The keys that payloads in the database are encrypted with; read at the start.',
    },
    encryptionKeys: {
      ...text('keys', 'what a file of keys holds'),
      fallback: undefined,
      shown: 'unset: none',
      sentence: 'The same keys as text.',
      hasFlag: false,
    },
  };

export function readSecuritySettings(source: SettingsSource): SecuritySettings {
  const read = <K extends keyof SecuritySettings>(key: K): SecuritySettings[K] =>
    readSetting(key, securitySettingsTable[key], source);
  return {
    tlsCertFile: read('tlsCertFile'),
    tlsKeyFile: read('tlsKeyFile'),
    tlsClientCaFile: read('tlsClientCaFile'),
    apiKeys: read('apiKeys'),
    jwtIssuer: read('jwtIssuer'),
    jwtAudiences: read('jwtAudiences'),
    grantsFile: read('grantsFile'),
    identityPort: read('identityPort'),
    allowFrom: read('allowFrom'),
    audit: read('audit'),
    auditRetention: read('auditRetention'),
    encryptionKeysFile: read('encryptionKeysFile'),
    encryptionKeys: read('encryptionKeys'),
  };
}
