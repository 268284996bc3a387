import { readFileSync } from 'node:fs';
import { StartupError } from './lib/startup-error.ts';
import { type KeyRing, noKeys, parseKeyRing } from './postgres/key-ring.ts';
import { envName } from './read-setting.ts';
import { type SecuritySettings } from './security-settings.ts';

/** The keys of payload encryption, as the settings name them. Throws a `StartupError` that shows none of them. */
export function openKeyRing({
  encryptionKeysFile: file,
  encryptionKeys: text,
}: Pick<SecuritySettings, 'encryptionKeysFile' | 'encryptionKeys'>): KeyRing {
  if (file !== undefined && text !== undefined) {
    throw new StartupError(
      `${envName('encryptionKeysFile')} and ${envName('encryptionKeys')} are both set: keep one`,
    );
  }
  if (text !== undefined) return parseKeyRing(text, envName('encryptionKeys'));
  return file === undefined ? noKeys : parseKeyRing(read(file), `the file of encryption keys ${file}`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(
      `the file of encryption keys can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
