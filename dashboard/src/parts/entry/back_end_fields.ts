// What forms of authenticators and of sources of rules have in common: how a back end is reached.
import type { EntryField, FieldGroup } from './entry_field';

export const ENABLE: EntryField = { key: 'enable', kind: 'flag', standard: true };
export const PRECONDITION: EntryField = { key: 'precondition', kind: 'text', hint: 'key_hint.precondition' };

const SERVER: EntryField = { key: 'server', kind: 'text', isRequired: true, hint: 'key_hint.server' };
const DATABASE: EntryField = { key: 'database', kind: 'text', isRequired: true };
const USERNAME: EntryField = { key: 'username', kind: 'text' };
const PASSWORD: EntryField = { key: 'password', kind: 'secret', hint: 'key_hint.secret_file' };
const POOL_SIZE: EntryField = { key: 'pool_size', kind: 'number', standard: 8 };
const QUERY_TIMEOUT: EntryField = { key: 'query_timeout', kind: 'text', standard: '5s' };

export const MYSQL: readonly EntryField[] = [SERVER, DATABASE, { ...USERNAME, standard: 'root' }, PASSWORD];
export const POSTGRESQL: readonly EntryField[] = [SERVER, DATABASE, { ...USERNAME, isRequired: true }, PASSWORD];

export const MONGODB: readonly EntryField[] = [
  { key: 'mongo_type', kind: 'choice', standard: 'single', choices: ['single', 'rs', 'sharded'] },
  { ...SERVER, when: { mongo_type: ['single'] } },
  { ...SERVER, key: 'servers', when: { mongo_type: ['rs', 'sharded'] } },
  { key: 'replica_set_name', kind: 'text', isRequired: true, when: { mongo_type: ['rs'] } },
  { key: 'r_mode', kind: 'choice', standard: 'master', choices: ['master', 'slave_ok'], when: { mongo_type: ['rs'] } },
  { key: 'srv_record', kind: 'flag', standard: false },
  DATABASE,
  USERNAME,
  PASSWORD,
  { key: 'auth_source', kind: 'text', standard: 'admin' },
  { key: 'collection', kind: 'text', isRequired: true },
  { key: 'filter', kind: 'json', hint: 'key_hint.filter' },
];

const WITH_SENTINEL = { redis_type: ['sentinel'] };
export const REDIS: readonly EntryField[] = [
  { key: 'redis_type', kind: 'choice', standard: 'single', choices: ['single', 'sentinel', 'cluster'] },
  { ...SERVER, when: { redis_type: ['single'] } },
  { ...SERVER, key: 'servers', when: { redis_type: ['sentinel', 'cluster'] } },
  { key: 'sentinel', kind: 'text', isRequired: true, when: WITH_SENTINEL },
  { key: 'sentinel_username', kind: 'text', when: WITH_SENTINEL },
  { key: 'sentinel_password', kind: 'secret', hint: 'key_hint.secret_file', when: WITH_SENTINEL },
  { key: 'database', kind: 'number', standard: 0, when: { redis_type: ['single', 'sentinel'] } },
  USERNAME,
  PASSWORD,
];

export const LDAP: readonly EntryField[] = [
  SERVER,
  { ...USERNAME, hint: 'key_hint.ldap_username' },
  PASSWORD,
  { key: 'base_dn', kind: 'text', isRequired: true },
  { key: 'filter', kind: 'text', standard: '(objectClass=mqttUser)' },
];

const HTTP: readonly EntryField[] = [
  { key: 'method', kind: 'choice', choices: ['post', 'get'] },
  { key: 'url', kind: 'text', isRequired: true },
  { key: 'headers', kind: 'pairs' },
];

export const DATABASE_LIMITS: readonly EntryField[] = [POOL_SIZE, QUERY_TIMEOUT];
export const POSTGRESQL_LIMITS: readonly EntryField[] = [
  ...DATABASE_LIMITS,
  { key: 'disable_prepared_statements', kind: 'flag', standard: false },
];
export const LDAP_LIMITS: readonly EntryField[] = [
  ...DATABASE_LIMITS,
  { key: 'request_timeout', kind: 'text', standard: '10s' },
];

function httpLimits(requestTimeout: string): readonly EntryField[] {
  return [
    POOL_SIZE,
    { key: 'request_timeout', kind: 'text', standard: requestTimeout },
    { key: 'connect_timeout', kind: 'text', standard: '15s' },
    { key: 'max_inactive', kind: 'text', standard: '10s' },
  ];
}

const WITH_TLS = { when: { 'ssl.enable': ['true'] }, isKept: true } as const;
const TLS: readonly EntryField[] = [
  { key: 'ssl.enable', kind: 'flag', standard: false },
  {
    key: 'ssl.verify',
    kind: 'choice',
    standard: 'verify_none',
    choices: ['verify_none', 'verify_peer'],
    ...WITH_TLS,
  },
  { key: 'ssl.server_name_indication', kind: 'text', ...WITH_TLS },
  { key: 'ssl.cacertfile', kind: 'pem', hint: 'key_hint.pem', ...WITH_TLS },
  { key: 'ssl.certfile', kind: 'pem', hint: 'key_hint.pem', ...WITH_TLS },
  { key: 'ssl.keyfile', kind: 'pem', hint: 'key_hint.pem', ...WITH_TLS },
  { key: 'ssl.password', kind: 'secret', hint: 'key_hint.secret_file', ...WITH_TLS },
];

// All of a form: what is asked first, and what is folded.
export function groupsOf(
  first: readonly EntryField[],
  limits: readonly EntryField[] = [],
  tls: readonly EntryField[] = TLS,
): readonly FieldGroup[] {
  return [
    { fields: [...first, ENABLE] },
    { title: 'entry.tls', fields: tls },
    { title: 'entry.more', fields: [...limits, PRECONDITION] },
  ];
}

const WITH_TOKEN = { 'oauth2.enable': ['true'] };
const OAUTH2: readonly EntryField[] = [
  { key: 'oauth2.enable', kind: 'flag', standard: false },
  { key: 'oauth2.token_endpoint', kind: 'text', isRequired: true, when: WITH_TOKEN, isKept: true },
  { key: 'oauth2.client_id', kind: 'text', isRequired: true, when: WITH_TOKEN, isKept: true },
  {
    key: 'oauth2.client_secret',
    kind: 'secret',
    isRequired: true,
    hint: 'key_hint.secret_file',
    when: WITH_TOKEN,
    isKept: true,
  },
  { key: 'oauth2.scope', kind: 'text', when: WITH_TOKEN, isKept: true },
];

// Of one that asks a web service.
export function groupsOfHttp(first: readonly EntryField[], requestTimeout: string): readonly FieldGroup[] {
  return [...groupsOf([...HTTP, ...first], httpLimits(requestTimeout)), { title: 'entry.oauth2', fields: OAUTH2 }];
}

// Of an entry that asks nobody else.
export function groupsWithin(first: readonly EntryField[]): readonly FieldGroup[] {
  return [{ fields: [...first, ENABLE] }, { title: 'entry.more', fields: [PRECONDITION] }];
}

// StartTLS is the directory's alone.
export const LDAP_TLS: readonly EntryField[] = [
  ...TLS,
  { key: 'start_tls', kind: 'flag', standard: false, ...WITH_TLS },
];
