import { type Command as Program, Option } from 'commander';
import {
  type ClientSettingKey,
  type ClientSettings,
  clientSettingKeys,
  clientSettingsTable,
  readClientSettings,
  readSettings,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsTable,
} from '../config.ts';
import { type Command, envName, flagName, type Setting } from '../read-setting.ts';
import { valueOf } from './option-values.ts';

/** Adds a flag for each of the settings that a command reads. */
export function addSettingOptions(program: Program, keys: readonly SettingKey[]): void {
  for (const key of keys) {
    const row: Setting<unknown> = settingsTable[key];
    if (row.hasFlag !== false) program.addOption(settingOption(key, row));
  }
}

/** Adds a flag for each of the settings of a command that talks to a running server. */
export function addClientOptions(program: Program, keys: readonly ClientSettingKey[]): void {
  for (const key of keys) program.addOption(settingOption(key, clientSettingsTable[key]));
}

function settingOption(key: Parameters<typeof flagName>[0], row: Setting<unknown>): Option {
  const { placeholder, sentence, shown } = row;
  const check = valueOf(row);
  // A switch may stand alone; every other flag takes a value.
  const value = placeholder === 'true|false' ? `[${placeholder}]` : `<${placeholder}>`;
  return new Option(
    `${flagName(key)} ${value}`,
    `${sentence} Default: ${shown}. Environment: ${envName(key)}.`,
  ).argParser((text: string) => {
    check(text);
    return text;
  });
}

/** The settings of a command from its flags and the process's environment. */
export function settingsOf(command: Command, program: Program): Settings {
  return readSettings({ command, env: process.env, flags: flagsOf(program, settingKeys) });
}

/** The same for a command that talks to a running server. */
export function clientSettingsOf(program: Program): ClientSettings {
  return readClientSettings({
    command: 'client',
    env: process.env,
    flags: flagsOf(program, clientSettingKeys),
  });
}

function flagsOf<Key extends string>(
  program: Program,
  keys: readonly Key[],
): Readonly<Partial<Record<Key, string>>> {
  // Texts, but for switches that stand alone.
  const given = program.opts<Readonly<Partial<Record<string, string | true>>>>();
  const flags: Partial<Record<Key, string>> = {};
  for (const key of keys) {
    const value = given[key];
    if (value !== undefined) flags[key] = String(value);
  }
  return flags;
}
