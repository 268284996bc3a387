import { type Command as Program, Option } from 'commander';
import {
  type Command,
  envName,
  flagName,
  readSettings,
  type Setting,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsTable,
} from '../config.ts';

/** Adds a flag for each of the settings that a command reads. */
export function addSettingOptions(program: Program, keys: readonly SettingKey[]): void {
  for (const key of keys) program.addOption(settingOption(key, settingsTable[key]));
}

function settingOption(
  key: SettingKey,
  { placeholder, sentence, shown }: Setting<Settings[SettingKey]>,
): Option {
  // A switch may stand alone; every other flag takes a value.
  const value = placeholder === 'true|false' ? `[${placeholder}]` : `<${placeholder}>`;
  return new Option(
    `${flagName(key)} ${value}`,
    `${sentence} Default: ${shown}. Environment: ${envName(key)}.`,
  );
}

/** The settings of a command from its flags and the process's environment. */
export function settingsOf(command: Command, program: Program): Settings {
  const given: Readonly<Record<string, unknown>> = program.opts();
  const flags = Object.fromEntries(
    settingKeys.filter((key) => given[key] !== undefined).map((key) => [key, String(given[key])]),
  );
  return readSettings({ command, env: process.env, flags });
}
