import { type Command, Option } from 'commander';
import { NO_LIMIT, type QuotaName, quotaNames } from '../domain/quota.ts';
import { type Message } from '../protocol/codec.ts';
import { quotaKinds } from '../quota-settings.ts';
import { type Kind, sizeText } from '../setting-kinds.ts';
import { clientCommand } from './client-command.ts';
import { toJson } from './message-json.ts';
import { valueOf } from './option-values.ts';
import { printResult, terminalWidth } from './output.ts';
import { Table } from './text.ts';

/** What a flag says; `default` takes back what was set. */
type Given = number | 'default';

const sentences: Readonly<Record<QuotaName, string>> = {
  instances: 'Stored instances and entities',
  bytes: 'Stored bytes of payloads and histories',
  'actions-per-second': 'Actions per second, at all replicas together',
  'payload-bytes': 'Bytes of one input, event or signal of a client',
  pending: 'Work items that no replica has taken',
};

export function quotaCommand(): Command {
  return clientCommand<Readonly<Record<string, Given | undefined>>>(
    {
      usage: 'quota <name>',
      description: 'Show the quotas of a task hub and what is used of them, or set some.',
      example: 'perdura hub quota orders --instances 100000 --bytes 10GiB',
      isAboutHubs: true,
      options: quotaNames.map(quotaOption),
    },
    async ({ connection, options, isJson }) => {
      const changes = quotaNames.flatMap((name) => {
        const given = options[camelCase(name)];
        return given === undefined ? [] : [{ name, value: given === 'default' ? null : { value: given } }];
      });
      if (changes.length > 0) await connection.call('SetTaskHubQuotas', { quotas: changes });
      const { quotas } = await connection.call('GetTaskHubQuotas', {});
      await printResult(isJson, toJson({ quotas }), () => tableOf(quotas));
    },
  );
}

function quotaOption(name: QuotaName): Option {
  const { placeholder, allowed, parse } = quotaKinds[name];
  const kind: Kind<Given> = {
    placeholder,
    allowed: `${allowed}, or none, or default`,
    parse: (text) => (text === 'none' ? NO_LIMIT : text === 'default' ? 'default' : parse(text)),
  };
  return new Option(
    `--${name} <${placeholder}>`,
    `${sentences[name]}; none for no limit, default for what the server's settings say.`,
  ).argParser(valueOf(kind));
}

/** As commander names what was given for a flag. */
function camelCase(name: QuotaName): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function tableOf(quotas: Message<'perdura.v1.GetTaskHubQuotasResponse'>['quotas']): string {
  const columns = ['QUOTA', 'LIMIT', 'USED', 'SET'].map((title) => ({ title }));
  return new Table(columns, terminalWidth()).add(
    quotas.map(({ name, own, limit, used }) => [
      name,
      limit ? shown(name, limit.value) : 'none',
      used ? shown(name, used.value) : '',
      own ? 'for this task hub' : limit ? 'at the server' : '',
    ]),
  );
}

function shown(name: string, value: number): string {
  return name.includes('bytes') ? sizeText(value) : String(value);
}
